// The Redis store's options, and the names of its keys, which one of them prefixes.

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

/**
 * Names the keys of a store. In a Cluster the part in braces alone decides where a key lives, so that what belongs
 * to one user is in one slot. An owner is a hash; any other text is escaped, and then contains neither braces nor
 * anything else that could end the name early.
 */
export class KeyNames {
  /** What the name of each session begins with. */
  readonly sessions: string
  /** What the names begin with under which a ping writes. */
  readonly pings: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.sessions = `${prefix}session:`
    this.pings = `${prefix}ping:`
  }

  /** Where the record of a session is. */
  session(key: string): string {
    return `${this.sessions}${key}`
  }

  /** The sorted set of a user's sessions. */
  user(owner: string): string {
    return `${this.#prefix}user:{${encodeURIComponent(owner)}}`
  }

  /** How often the sessions of a user were revoked of late; in the slot of {@link user}. */
  epoch(owner: string): string {
    return `${this.#prefix}epoch:{${encodeURIComponent(owner)}}`
  }

  /** The logins of a user within the last minute; in the slot of {@link user}. Only in a Cluster. */
  recent(owner: string): string {
    return `${this.#prefix}recent:{${encodeURIComponent(owner)}}`
  }

  /** The sessions that a login has decided to end; in the slot of {@link user}. Only in a Cluster. */
  ending(owner: string): string {
    return `${this.#prefix}ending:{${encodeURIComponent(owner)}}`
  }
}
