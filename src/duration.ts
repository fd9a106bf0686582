// Lengths of time in options. A bare number is seconds, as in Max-Age, and the unit is said in
// every message: mistaking milliseconds for seconds makes sessions a thousand times too long, and
// nobody notices.

import { createOptionError } from './options.ts'

/**
 * A length of time: a string with a unit (`'500ms'`, `'30s'`, `'15m'`, `'24h'`, `'7d'`, `'2w'`),
 * or a number of **seconds**, as in a cookie's Max-Age.
 *
 * @example
 * ```ts
 * const lifetimes: Record<string, Duration> = { maxAge: '7d', idleTimeout: '1.5h', timeout: 2 }
 * ```
 */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`

const unitMilliseconds: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** No cookie lives longer in a browser than 400 days (RFC 6265bis, section 5.5). */
export const longestDuration: number = 400 * 86_400_000

/**
 * Reads a {@link Duration} as milliseconds.
 *
 * @throws {@link SessionConfigError} naming `option` when the value is no duration, not positive or above `limit`.
 */
export function parseDuration(option: string, value: unknown, limit: number = longestDuration): number {
  const milliseconds = typeof value === 'number' ? value * 1000 : parseText(value)
  if (!(milliseconds >= 1 && milliseconds <= limit)) {
    throw createOptionError(
      option,
      value,
      `a string with a unit ('500ms', '30m', '24h', '7d') or a number of seconds, ` +
        `from 1 ms to ${limit / 1000} seconds${hint(value, limit)}`,
    )
  }
  return Math.round(milliseconds)
}

/** Milliseconds of a text such as `'1.5h'`; NaN when it is none. */
function parseText(value: unknown): number {
  const match = typeof value === 'string' ? /^(\d{1,15}(?:\.\d{1,3})?)(ms|s|m|h|d|w)$/.exec(value) : null
  return match ? Number(match[1]) * (unitMilliseconds[match[2] ?? ''] ?? Number.NaN) : Number.NaN
}

/** 86400000 is the classic slip: a day in milliseconds, read as two and a half years of seconds. */
function hint(value: unknown, limit: number): string {
  return typeof value === 'number' && value * 1000 > limit ? `. Milliseconds? Write '24h'` : ''
}
