// The Redis store's options.

import { createOptionError, readOptions } from '../../options.ts'

/**
 * What {@link redisStore} accepts.
 *
 * @example
 * ```ts
 * const options: RedisStoreOptions = { prefix: 'shop:' }
 * ```
 */
export interface RedisStoreOptions {
  /**
   * What the names of all keys begin with: 1 to 64 letters, digits, `:`, `_`, `.` and `-`.
   * @default 'coatcheck:'
   */
  readonly prefix?: string | undefined
  /**
   * Whether the keys of one command must be in one hash slot. Say it when the client does not show it,
   * as with a proxy in front of a Cluster.
   * @default what the client says
   */
  readonly cluster?: boolean | undefined
}

/** The options with the default filled in. */
export interface RedisSettings {
  /** Checked: no hash tag, nothing that a pattern interprets. */
  readonly prefix: string
  /** Only set when it was given. */
  readonly cluster: boolean | undefined
}

const defaults = { prefix: 'coatcheck:', cluster: undefined } as const

/**
 * Checks the options of a Redis store and fills in the defaults.
 *
 * @throws {@link SessionConfigError} naming the option.
 */
export function readRedisOptions(options: RedisStoreOptions): RedisSettings {
  const own = readOptions('redisStore', options, Object.keys(defaults))
  const { prefix = defaults.prefix, cluster = defaults.cluster } = own
  if (typeof prefix !== 'string' || !/^[\w:.-]{1,64}$/.test(prefix)) {
    throw createOptionError('redisStore.prefix', prefix, '1 to 64 letters, digits, :, _, . and -')
  }
  if (cluster !== undefined && typeof cluster !== 'boolean') {
    throw createOptionError('redisStore.cluster', cluster, 'true or false')
  }
  return { prefix, cluster }
}
