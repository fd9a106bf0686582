// Checks of arguments, made at the call, where the mistake is. Stores accept only well-formed text
// without NUL, because databases and drivers truncate at a NUL; JavaScript itself rules out `__proto__`.

import { readOptions } from '../options.ts'
import { quote } from '../quote.ts'
import { reservedPrefix } from './flash.ts'
import type { NameOf, SessionData } from './types.ts'

/** Names with a meaning for every object: sooner or later they would pollute one. */
const refused = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * An argument that must be a string.
 *
 * @throws TypeError
 */
export function checkString(argument: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') {
    throw new TypeError(`${argument} must be a string, received ${typeof value}`)
  }
}

/** Whether every store can keep a text of this length. */
export function isStorable(text: string, least: number, most: number): boolean {
  return text.length >= least && text.length <= most && !text.includes('\0') && text.isWellFormed()
}

/** A string that every store can keep. Messages never quote it: it may be a secret. */
function checkText(argument: string, value: unknown, least: number, most: number): asserts value is string {
  checkString(argument, value)
  if (!isStorable(value, least, most)) {
    throw new TypeError(`${argument} must be ${least} to ${most} characters of well-formed text without NUL`)
  }
}

/**
 * The name of a value: 1 to 256 characters, and not reserved.
 *
 * @throws TypeError
 */
export function checkName(name: unknown): asserts name is string {
  checkText('a name', name, 1, 256)
  if (refused.has(name) || name.startsWith(reservedPrefix)) {
    throw new TypeError(`the name ${quote(name)} is reserved: choose another`)
  }
}

/**
 * A user id: 1 to 256 characters.
 *
 * @throws TypeError
 */
export function checkUserId(userId: unknown): asserts userId is string {
  checkText('userId', userId, 1, 256)
}

/**
 * A handle. Any string is allowed, because it may come from a form; one that is not a handle matches
 * no session.
 *
 * @throws TypeError
 */
export function checkHandle(handle: unknown): asserts handle is string {
  checkString('handle', handle)
}

/**
 * A callback that runs later.
 *
 * @throws TypeError
 */
export function checkFunction(argument: string, value: unknown): void {
  if (typeof value !== 'function') {
    throw new TypeError(`${argument} must be a function, received ${typeof value}`)
  }
}

/**
 * A call that takes nothing. With express-session it takes a callback, which often sends the response: ignoring
 * it would leave the request unanswered.
 *
 * @throws TypeError
 */
export function checkNoCallback(call: 'save' | 'destroy', given: number): void {
  if (given > 0)
    throw new TypeError(`${call}() takes no callback: ${call === 'save' ? 'await it' : 'it is synchronous'}`)
}

/**
 * Options of `session.login`.
 *
 * @example
 * ```ts
 * const options: LoginOptions<{ cart: string[]; draft: string }> = { carryOver: ['cart'], details: 'Safari' }
 * ```
 */
export interface LoginOptions<Data = SessionData> {
  /**
   * The names of the values to keep, for an anonymous visitor's session and the same user's. Flash
   * messages are kept in any case, but nothing of another user's session is.
   *
   * @default all
   */
  carryOver?: readonly NameOf<Data>[] | undefined
  /**
   * A note for a list of devices, such as "Firefox on Linux": at most 1024 characters.
   *
   * @default none
   */
  details?: string | undefined
}

/**
 * Checks the options of a login, and copies them: the operation that uses the names may run again later.
 *
 * @throws {@link SessionConfigError} for an option that does not exist.
 * @throws TypeError for one of another type.
 */
export function readLoginOptions<Data>(options: LoginOptions<Data>): LoginOptions<Data> {
  const own = readOptions('login', options, ['carryOver', 'details'])
  checkDetails(own.details)
  checkCarryOver(own.carryOver)
  if (own.carryOver) own.carryOver = [...own.carryOver]
  return own
}

/**
 * The note of a login: at most 1024 characters, or none.
 *
 * @throws TypeError
 */
function checkDetails(details: unknown): asserts details is string | undefined {
  if (details !== undefined) checkText('details', details, 0, 1024)
}

/**
 * A list of names, or none.
 *
 * @throws TypeError
 */
function checkCarryOver(names: unknown): void {
  if (names === undefined) return
  if (!Array.isArray(names)) {
    throw new TypeError(`carryOver must be an array of names, received ${typeof names}`)
  }
  names.forEach(checkName)
}
