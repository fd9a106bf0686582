// The memory store's options. The limit is on by default: without one, the session of every crawler
// would stay in memory for a day when `eager` is set.

import { day, parseDuration } from '../../duration.ts'
import type { Duration } from '../../duration.ts'
import { readOptions, createOptionError } from '../../options.ts'

/**
 * What {@link memoryStore} accepts.
 *
 * @example
 * ```ts
 * const options: MemoryStoreOptions = { maxSessions: 10_000, sweepEvery: '1m' }
 * ```
 */
export interface MemoryStoreOptions {
  /**
   * How many sessions to keep, 1 to 10 000 000. Beyond it the least recently used is evicted.
   * @default 100_000
   */
  readonly maxSessions?: number | undefined
  /**
   * How often the manager removes expired sessions, at most `'1d'`.
   * @default '10m'
   */
  readonly sweepEvery?: Duration | undefined
}

/** The options with defaults filled in and durations in milliseconds. */
export interface MemorySettings {
  /** At least 1; beyond it the least recently used session is evicted. */
  readonly maxSessions: number
  /** Milliseconds. */
  readonly sweepEvery: number
}

const defaults = { maxSessions: 100_000, sweepEvery: '10m' } as const
const mostSessions = 10_000_000

/**
 * Checks the options of a memory store and fills in the defaults.
 *
 * @throws {@link SessionConfigError} naming the option.
 */
export function readMemoryOptions(options: MemoryStoreOptions): MemorySettings {
  const own = readOptions('memoryStore', options, Object.keys(defaults))
  const { maxSessions = defaults.maxSessions, sweepEvery = defaults.sweepEvery } = own
  if (!Number.isInteger(maxSessions) || maxSessions < 1 || maxSessions > mostSessions) {
    throw createOptionError(
      'memoryStore.maxSessions',
      maxSessions,
      `a whole number from 1 to ${mostSessions}`,
    )
  }
  return { maxSessions, sweepEvery: parseDuration('memoryStore.sweepEvery', sweepEvery, day) }
}
