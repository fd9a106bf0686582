// The cached store's options. The defaults bound what it costs: how long an ended session may still be
// shown, and how much memory the records take.

import { parseDuration } from '../../duration.ts'
import type { Duration } from '../../duration.ts'
import { readOptions, createOptionError } from '../../options.ts'

/**
 * What {@link cachedStore} accepts.
 *
 * @example
 * ```ts
 * const options: CachedStoreOptions = { maxEntries: 50_000, ttl: '2s' }
 * ```
 */
export interface CachedStoreOptions {
  /**
   * How many records to keep, 1 to 1 000 000. Beyond it the least recently used is dropped.
   * @default 10_000
   */
  readonly maxEntries?: number | undefined
  /**
   * How long a record may be shown after it was read from the store, at most `'1h'`. For as long, a
   * session that another process has ended is still open here.
   * @default '5s'
   */
  readonly ttl?: Duration | undefined
}

/** The options with defaults filled in and durations in milliseconds. */
export interface CacheSettings {
  /** At least 1. */
  readonly maxEntries: number
  /** Milliseconds. */
  readonly ttl: number
}

const defaults = { maxEntries: 10_000, ttl: '5s' } as const
const mostEntries = 1_000_000
const longestTtl = 3_600_000

/**
 * Checks the options of a cached store and fills in the defaults.
 *
 * @throws {@link SessionConfigError} naming the option.
 */
export function readCachedOptions(options: CachedStoreOptions): CacheSettings {
  const own = readOptions('cachedStore', options, Object.keys(defaults))
  const { maxEntries = defaults.maxEntries, ttl = defaults.ttl } = own
  if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > mostEntries) {
    throw createOptionError('cachedStore.maxEntries', maxEntries, `a whole number from 1 to ${mostEntries}`)
  }
  return { maxEntries, ttl: parseDuration('cachedStore.ttl', ttl, longestTtl) }
}
