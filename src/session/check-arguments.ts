// What names and ids may be. The rules are the store's (well-formed text, no NUL: databases and
// drivers cut there) and the language's (no `__proto__`). Checked at the call, where the mistake
// is.

import { reservedPrefix } from './flash.ts'

/** Names that mean something to every object: stored, they would sooner or later pollute one. */
const refused = new Set(['__proto__', 'constructor', 'prototype'])

/** A name of a value: 1 to 256 characters, none of them NUL. @throws TypeError */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw new TypeError(`a name must be a string, received ${typeof name}`)
  if (name.length < 1 || name.length > 256 || name.includes('\0') || !name.isWellFormed()) {
    throw new TypeError('a name must be 1 to 256 characters of well-formed text without NUL')
  }
  if (refused.has(name) || name.startsWith(reservedPrefix)) {
    throw new TypeError(`the name '${name.slice(0, 40)}' is reserved; choose another`)
  }
}

/** A user id: 1 to 256 characters. @throws TypeError */
export function checkUserId(userId: unknown): asserts userId is string {
  if (typeof userId !== 'string') throw new TypeError(`userId must be a string, received ${typeof userId}`)
  if (userId.length < 1 || userId.length > 256 || userId.includes('\0') || !userId.isWellFormed()) {
    throw new TypeError(
      `userId must be 1 to 256 characters of well-formed text without NUL, received ${userId.length}`,
    )
  }
}

/** A session's public name. Any text may come out of a form: one that is no handle names no session. @throws TypeError */
export function checkHandle(handle: unknown): asserts handle is string {
  if (typeof handle !== 'string') throw new TypeError(`handle must be a string, received ${typeof handle}`)
}

/** What an application notes about a device. @throws TypeError */
export function checkDetails(details: unknown): asserts details is string | undefined {
  if (details === undefined) return
  if (
    typeof details !== 'string' ||
    details.length > 1024 ||
    details.includes('\0') ||
    !details.isWellFormed()
  ) {
    throw new TypeError('details must be well-formed text of at most 1024 characters without NUL')
  }
}

/** Names of values, or none given. @throws TypeError */
export function checkCarryOver(names: unknown): void {
  if (names === undefined) return
  if (!Array.isArray(names))
    throw new TypeError(`carryOver must be an array of names, received ${typeof names}`)
  names.forEach(checkName)
}

/** A callback, before it is kept for later. @throws TypeError */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function, received ${typeof value}`)
}
