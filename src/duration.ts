// Durations in options. A bare number means seconds, as in Max-Age, and every message names the
// unit: milliseconds mistaken for seconds make sessions live a thousand times too long, and nothing
// else would reveal it.

import { createOptionError } from './options.ts'

/**
 * A length of time: a string with a unit (`'500ms'`, `'30s'`, `'15m'`, `'24h'`, `'7d'`, `'2w'`),
 * or a number of **seconds**, as in a cookie's Max-Age. From 1 ms to 400 days unless an option says less.
 */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`

/** One hour in milliseconds. */
export const hour = 3_600_000

/** One day in milliseconds. */
export const day = 86_400_000

const unitMilliseconds: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: day,
  w: 7 * day,
}

/** Browsers keep no cookie for longer than 400 days (RFC 6265bis, section 5.5). In milliseconds. */
export const longestDuration: number = 400 * day

/**
 * Reads a {@link Duration} as milliseconds.
 *
 * @throws {@link SessionConfigError} naming `option` when the value is not a duration, or not between
 * 1 ms and `limit`.
 */
export function parseDuration(option: string, value: unknown, limit: number = longestDuration): number {
  const milliseconds = typeof value === 'number' ? value * 1000 : parseText(value)
  if (!(milliseconds >= 1 && milliseconds <= limit)) {
    throw createOptionError(
      option,
      value,
      `a string with a unit ('500ms', '30m', '24h', '7d') or a number of seconds, ` +
        `from 1 ms to ${limit % day ? `${limit / 1000} seconds` : `${limit / day} days`}${suggestUnit(value, limit)}`,
    )
  }
  return Math.round(milliseconds)
}

/** The milliseconds of a string such as `'1.5h'`; NaN for anything else. */
function parseText(value: unknown): number {
  const match = typeof value === 'string' ? /^(\d{1,15}(?:\.\d{1,3})?)(ms|s|m|h|d|w)$/.exec(value) : null
  return match ? Number(match[1]) * (unitMilliseconds[match[2] ?? ''] ?? Number.NaN) : Number.NaN
}

/** A day in milliseconds, 86400000, is a common mistake: as seconds it means 2.7 years. */
function suggestUnit(value: unknown, limit: number): string {
  if (typeof value !== 'number' || value * 1000 <= limit || value > limit) return ''
  return `. Milliseconds? Write '${value < day ? `${value}ms` : '24h'}'`
}
