// Checking what users pass in. The same three steps for every option of every part: only own
// properties count, unknown names are refused with a guess, and a refused value is shown with what
// would be allowed.

import { SessionConfigError } from './errors.ts'

/** What an option may be, and how an error says it: completes the sentence "allowed is …". */
export type Rule = readonly [isAllowed: (value: unknown) => boolean, allowed: string]

/**
 * The options that were given, in an object without a prototype: only own properties count, so that
 * a polluted prototype sets none, and `undefined` is as good as not given.
 *
 * @param option - Where they were given, such as `'cookie'` or `'memoryStore'`; `''` at the top.
 * @throws {@link SessionConfigError} naming an unknown option, the name that was probably meant
 * (when only case or punctuation differ) and all that are allowed; also when `received` is no object.
 *
 * @example
 * ```ts
 * readOptions('cookie', { same_site: 'lax' }, ['sameSite', 'path'])
 * // SessionConfigError: cookie.same_site: unknown option. Did you mean 'sameSite'? Allowed are sameSite, path
 * ```
 */
export function readOptions<Options extends object>(
  option: string,
  received: Options,
  allowed: readonly string[],
): Options {
  return readOption(option || 'options', () => {
    checkNames(option, received, allowed)
    const own = Object.create(null) as Options
    for (const name of Object.keys(received) as (keyof Options & string)[]) {
      const value = readOption(option ? `${option}.${name}` : name, () => received[name])
      if (value !== undefined) own[name] = value
    }
    return own
  })
}

/** Refuses the first name that is not allowed. */
function checkNames(option: string, received: object, allowed: readonly string[]): void {
  if (typeof received !== 'object' || received === null || Array.isArray(received)) {
    throw createOptionError(option || 'options', received, `an object with ${allowed.join(', ')}`)
  }
  const unknown = Object.keys(received).find((name) => !allowed.includes(name))
  if (unknown === undefined) return
  const meant = allowed.find((name) => letters(name) === letters(unknown))
  throw new SessionConfigError(
    `${option && `${option}.`}${unknown.slice(0, 40)}: unknown option.` +
      `${meant === undefined ? '' : ` Did you mean '${meant}'?`} Allowed are ${allowed.join(', ')}`,
  )
}

/**
 * Looks at an option of which nothing is known: a getter or a proxy may throw anything.
 *
 * @throws {@link SessionConfigError} naming the option, with what was thrown as its cause.
 */
export function readOption<Value>(option: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof SessionConfigError) throw cause
    throw new SessionConfigError(`${option}: it cannot be read`, { cause })
  }
}

/**
 * The error for an option with an unacceptable value. The message quotes what was received, so
 * this is not for options that hold secrets.
 *
 * @param allowed - Completes the sentence "allowed is …".
 */
export function createOptionError(option: string, received: unknown, allowed: string): SessionConfigError {
  return new SessionConfigError(`${option}: received ${describe(received)}; allowed is ${allowed}`)
}

/** A name without what people misspell: `Http_Only` and `httpOnly` are the same letters. */
function letters(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '').toLowerCase()
}

/** A value for a message: short, on one line, without what is inside an object. */
function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  try {
    return Array.isArray(value) ? 'an array' : typeof value
  } catch {
    return 'a revoked proxy'
  }
}
