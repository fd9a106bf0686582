// The memory store's options. The bound is on by default: without one, every crawler under `eager`
// would stay in memory for a day.

import { parseDuration } from '../../duration.ts'
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
   * How many sessions to keep. One more, and the least recently used goes. 1 to 10 000 000.
   * @default 100_000
   */
  readonly maxSessions?: number
  /**
   * How often the manager removes what has expired, at most `'1d'`.
   * @default '10m'
   */
  readonly sweepEvery?: Duration
}

/** The options with defaults filled in and durations in milliseconds. */
export interface MemorySettings {
  /** From 1 on; one more and the least recently used goes. */
  readonly maxSessions: number
  /** Milliseconds. */
  readonly sweepEvery: number
}

const defaults = { maxSessions: 100_000, sweepEvery: '10m' } as const
const mostSessions = 10_000_000
const longestSweepEvery = 86_400_000

/** Checks the options of a memory store and fills in the defaults. */
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
  return { maxSessions, sweepEvery: parseDuration('memoryStore.sweepEvery', sweepEvery, longestSweepEvery) }
}
