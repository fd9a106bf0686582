// What it takes to lift the store of another library: its versions differ in what their objects have, its keys may
// be paths or patterns, and it keeps rows by a clock of its own.

import { createClientError, readOption } from '../../options.ts'

/**
 * Checks that an object of another library has the methods that are called on it.
 *
 * @throws {@link SessionConfigError} naming the first that it lacks.
 */
export function demandMethods(option: string, received: object, methods: readonly string[]): void {
  const missing = readOption(option, () => {
    if (typeof received !== 'object' || received === null) return methods[0]
    const members = received as Readonly<Record<string, unknown>>
    return methods.find((name) => typeof members[name] !== 'function')
  })
  if (missing === undefined) return
  throw createClientError(option, received, `an object with the methods ${methods.join(', ')}`)
}

/**
 * The name to store a key under, which every database, file system and URL takes. The keys of sessions are hex
 * already, and those of a ping nearly; any other is written in hex, so that none is a path, a pattern or a property
 * of an object.
 */
export function nameKey(key: string): string {
  if (/^(?:[0-9a-f]{64}|ping-[0-9a-f-]{36})$/.test(key)) return key
  const digits = Array.from(new TextEncoder().encode(key), (byte) => byte.toString(16).padStart(2, '0'))
  return `key-${digits.join('')}`
}

/**
 * Milliseconds from `now` until a row may go, for stores that count from the present by their own clock, which need not
 * agree with the manager's. At least one: most stores take 0 for "forever" or "at once".
 */
export function timeToLive(expiresAt: number, now: number): number {
  return Math.max(Math.ceil(expiresAt - now), 1)
}
