// Validation of options, the same for every part of the library: only own properties count, an
// unknown name is refused with a suggestion, and an error shows what was received and what is allowed.

import { SessionConfigError } from './contract/errors.ts'
import { quote, quoteUnlessPlain } from './quote.ts'

/** Which values an option accepts, and the words that complete "allowed is …" in its error. */
export type Rule = readonly [isAllowed: (value: unknown) => boolean, allowed: string]

/**
 * The given options, copied to an object without a prototype. Only own properties count, so a
 * polluted prototype sets no option. An option that is `undefined` counts as not given.
 *
 * @param option - Where they were given, such as `'cookie'` or `'memoryStore'`; `''` at the top level.
 * @throws {@link SessionConfigError} for an unknown option, with a suggestion if only case or
 * punctuation differ, and when `received` is not an object or cannot be read.
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
  const meant = allowed.find((name) => normalizeName(name) === normalizeName(unknown))
  throw new SessionConfigError(
    `${option && `${option}.`}${quoteUnlessPlain(unknown)}: unknown option.` +
      `${meant === undefined ? '' : ` Did you mean '${meant}'?`} Allowed are ${allowed.join(', ')}`,
  )
}

/**
 * Reads a value that the application supplied, where a getter or a proxy may throw anything.
 *
 * @throws {@link SessionConfigError} naming the option; its `cause` is what was thrown.
 */
export function readOption<Value>(option: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof SessionConfigError) throw cause
    throw new SessionConfigError(`${option}: cannot be read`, { cause })
  }
}

/**
 * The error for an option whose value is not allowed. Its message quotes a string that was received,
 * so it must not be used for options that hold secrets.
 *
 * @param allowed - Completes the sentence "allowed is …".
 */
export function createOptionError(option: string, received: unknown, allowed: string): SessionConfigError {
  return new SessionConfigError(`${option}: received ${describe(received)}; allowed is ${allowed}`)
}

/** The same for what should be an object. It quotes no string: the address of a database may hold a password. */
export function createObjectError(option: string, received: unknown, allowed: string): SessionConfigError {
  const type = received === null ? 'null' : typeof received
  return new SessionConfigError(`${option}: received ${type}; allowed is ${allowed}`)
}

/** What other libraries call the property that their stores take a client in. */
const wrappers = [
  'client',
  'redis',
  'pool',
  'database',
  'db',
  'sql',
  'connection',
  'conn',
  'storage',
  'store',
]

/**
 * The error for a store that was not given its client. One that was wrapped in an object, as other libraries take
 * it, is told from any other object. It quotes neither a string nor a property: an address may hold a password.
 */
export function createClientError(store: string, received: unknown, allowed: string): SessionConfigError {
  const wrapper = wrappers.find((name) => isWrapped(received, name))
  if (wrapper === undefined) return createObjectError(store, received, allowed)
  return new SessionConfigError(
    `${store}: received an object with the property ${wrapper}; pass its value itself, as in ${store}(${wrapper}). ` +
      `Allowed is ${allowed}`,
  )
}

/** Whether the object has an object of this name. Anything may throw when it is read. */
function isWrapped(received: unknown, name: string): boolean {
  try {
    if (typeof received !== 'object' || received === null || !Object.hasOwn(received, name)) return false
    const value: unknown = (received as Record<string, unknown>)[name]
    return typeof value === 'function' || (typeof value === 'object' && value !== null)
  } catch {
    return false
  }
}

/** A name without case and punctuation, the usual misspellings: `Http_Only` equals `httpOnly`. */
function normalizeName(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '').toLowerCase()
}

/** A value as messages show it: short, on one line, without the contents of an object. */
function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  try {
    return Array.isArray(value) ? 'an array' : typeof value
  } catch {
    return 'a revoked proxy'
  }
}

/** A rule for a fixed set of values. Messages do not list `undefined`. */
export function oneOf(...values: readonly unknown[]): Rule {
  const named = values.filter((value) => value !== undefined).map((value) => describe(value))
  const last = named.pop()
  return [
    (value) => values.includes(value),
    named.length === 0 ? `${last}` : `${named.join(', ')} or ${last}`,
  ]
}

interface Emitter {
  listenerCount?(event: string): number
  on?(event: string, listener: () => void): unknown
}

/**
 * Listens to the errors of a client if nobody else does: an `error` event without a listener ends the process, with each
 * connection that is lost while nobody uses it. The errors that matter come back through the verbs.
 */
export function hearErrors(client: object): void {
  const emitter: Emitter = client
  if (emitter.listenerCount?.('error') === 0) emitter.on?.('error', () => {})
}
