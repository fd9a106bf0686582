// The store for several servers. Each verb is one script or one GET on the key of a session; the user index
// is a sorted set for each user. What must happen in one step is in redis/record-scripts.ts; how a session and
// its user are written together, in redis/one-place-writer.ts and redis/cross-slot-writer.ts.

import type { Enumerable, Pingable, UncachedRead, UserIndex } from '../capabilities.ts'
import { hasExpired } from '../record.ts'
import type { SessionRecord, SessionStore } from '../store.ts'
import type { IoredisClient, NodeRedisClient, RedisClient, RedisScriptParameters } from './redis/client.ts'
import { connect } from './redis/connection.ts'
import type { RedisConnection } from './redis/connection.ts'
import { createCrossSlotWriter } from './redis/cross-slot-writer.ts'
import { findPage } from './redis/enumerate.ts'
import { KeyNames } from './redis/key-names.ts'
import { createOnePlaceWriter } from './redis/one-place-writer.ts'
import { deleteScript, outcome, pingScript, readScript, touchScript } from './redis/record-scripts.ts'
import { decodeRecord } from './redis/record-text.ts'
import { readRedisOptions } from './redis/redis-options.ts'
import type { RedisStoreOptions } from './redis/redis-options.ts'
import { readOutcome } from './redis/replies.ts'
import { UserEntries } from './redis/user-entries.ts'
import { UserSessions } from './redis/user-sessions.ts'

export type { IoredisClient, NodeRedisClient, RedisClient, RedisScriptParameters, RedisStoreOptions }

/**
 * A store in Redis, which any number of servers may share.
 *
 * @example
 * ```ts
 * const store: RedisStore = redisStore(client)
 * const count = await store.countByUser('u_123', Date.now())
 * ```
 */
export interface RedisStore extends SessionStore, UserIndex, Enumerable, UncachedRead, Pingable {}

/**
 * Keeps sessions in Redis 6.2 or later, alone, behind Sentinel or as a Cluster, with a client of node-redis
 * or ioredis that the application has made and closes. Each verb is atomic on the server, so all promises hold
 * across processes.
 *
 * Redis deletes a session by itself, a minute after its end. Use the eviction policy `noeviction` or
 * `volatile-ttl`; a session that is evicted is logged out. What a failover loses, it loses of sessions as well.
 *
 * A client without a listener for `error` gets one that does nothing: otherwise a lost connection would end the
 * process. Errors come back through the verbs.
 *
 * @throws {@link SessionConfigError} for an unknown or unacceptable option, for anything but a client, and for
 * a client with a `keyPrefix`.
 *
 * @example
 * ```ts
 * import { createClient } from 'redis'
 * const client = await createClient({ url: 'redis://localhost', disableOfflineQueue: true }).connect()
 * const sessions = createSessionManager({ store: redisStore(client) })
 * ```
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const connection = connect(client)
  const { prefix, cluster = connection.isCluster } = readRedisOptions(options)
  const names = new KeyNames(prefix)
  const entries = new UserEntries(connection, names)
  const writer = cluster
    ? createCrossSlotWriter(connection, names)
    : createOnePlaceWriter(connection, names, entries)
  const users = new UserSessions({ runner: connection, names, entries, writer })
  const readUncached = async (key: string, now: number): Promise<SessionRecord | undefined> =>
    decodeLive(await connection.run(readScript, [names.session(key)], []), key, now)
  return {
    create: (record, now) => writer.create(record, now),
    read: async (key, now) => decodeLive(await connection.get(names.session(key)), key, now),
    readUncached,
    commit: (key, expected, change, now) => writer.commit(key, expected, change, now),
    async touch(key, lastSeenAt, idleExpiresAt, now) {
      const parameters = [lastSeenAt, idleExpiresAt, now].map(String)
      const reply = await connection.run(touchScript, [names.session(key)], parameters)
      const [written, userId, endsAt] = reply as readonly [unknown, string?, string?]
      if (readOutcome(written) !== outcome.written) return false
      if (userId && endsAt) entries.repair(userId, key, endsAt, now)
      return true
    },
    async delete(key) {
      const reply = await connection.run(deleteScript, [names.session(key)], [])
      const [existed, userId] = reply as readonly [unknown, string?]
      if (userId) entries.forget(userId, [key])
      return readOutcome(existed) === outcome.written
    },
    listByUser: (userId, now) => users.listByUser(userId, now),
    countByUser: (userId, now) => users.countByUser(userId, now),
    deleteOwned: (userId, key) => users.deleteOwned(userId, key),
    deleteByUser: (userId, now) => users.deleteByUser(userId, now),
    async enumerate(cursor, limit, now) {
      const page = await findPage(connection, names.sessions, cursor, limit)
      const found = await Promise.all(page.keys.map((key) => readUncached(key, now)))
      const records = found.filter((record) => record !== undefined)
      return page.cursor === undefined ? { records } : { records, cursor: page.cursor }
    },
    ping: () => pingAll(connection),
  }
}

/** The record, unless it is absent or has expired. */
function decodeLive(text: unknown, key: string, now: number): SessionRecord | undefined {
  if (text === null || text === undefined) return undefined
  const record = decodeRecord(text, key)
  return hasExpired(record, now) ? undefined : record
}

/** Asks every master, with the kind of command that the verbs need. */
async function pingAll(connection: RedisConnection): Promise<void> {
  const masters = await connection.findMasters()
  if (masters.size === 0) throw new Error('the Redis client knows no server')
  await Promise.all([...masters.values()].map((master) => master.run(pingScript, [], [])))
}
