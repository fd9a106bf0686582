// The store for several servers. Each verb is one script or one GET on the key of a session; the user index
// is a sorted set for each user. What must happen in one step is in redis-record-scripts.ts; how a session and
// its user are written together, in redis-record-writer.ts and redis-cross-slot-writer.ts.

import type {
  Enumerable,
  InvalidationNotice,
  Pingable,
  UncachedRead,
  UserIndex,
} from '../../contract/capabilities.ts'
import { joinLimits } from '../../contract/limited-writes.ts'
import type { SessionStore } from '../../contract/store.ts'
import type { RedisClient } from './redis-client.ts'
import { connect } from './redis-connect.ts'
import type { RedisConnection, ScriptRunner } from './redis-connection.ts'
import { CrossSlotSteps } from './redis-cross-slot-steps.ts'
import { CrossSlotWriter } from './redis-cross-slot-writer.ts'
import { findPage } from './redis-enumerate.ts'
import { findInvalidations } from './redis-invalidations.ts'
import { KeyNames, readRedisOptions } from './redis-options.ts'
import type { RedisStoreOptions } from './redis-options.ts'
import { createPing } from './redis-ping.ts'
import { createOnePlaceWriter } from './redis-record-writer.ts'
import { SessionRecords } from './redis-session-records.ts'
import { UserEntries } from './redis-user-entries.ts'
import { createUserIndex } from './redis-user-index.ts'
import { createOnePlaceSteps } from './redis-user-steps.ts'

/**
 * A store in Redis, which any number of servers may share. It has `onInvalidation` if its client tracks what
 * it reads: one of node-redis over RESP3 with `emitInvalidate` or `clientSideCache`, and for Sentinel
 * `passthroughClientErrorEvents` as well, without which lost connections go unnoticed.
 */
export interface RedisStore
  extends SessionStore, UserIndex, Enumerable, UncachedRead, Pingable, Partial<InvalidationNotice> {}

/**
 * Keeps sessions in Redis 6.2 or later, alone, behind Sentinel or as a Cluster, with a client of node-redis
 * or ioredis that the application has made and closes. Each verb is atomic on the server, so all promises hold
 * across processes.
 *
 * Redis deletes a session by itself, a minute after its end. Use the eviction policy `noeviction` or
 * `volatile-ttl`; a session that is evicted is logged out, and under any other policy the list of a user's
 * sessions may be as well. What a failover loses, it loses of sessions, too.
 *
 * Let reads go to masters: a replica lags behind, and may show a session that has just ended. Only the options
 * `useReplicas`, `replicaPoolSize` and `scaleReads` of the drivers send them elsewhere.
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
  const records = new SessionRecords(connection, names, entries)
  const parts = { runner: connection, names, entries, records }
  const writer = cluster ? new CrossSlotWriter(parts) : createOnePlaceWriter(connection, names)
  const steps = cluster ? new CrossSlotSteps(parts) : createOnePlaceSteps(connection, names)
  return joinLimits({
    create: async (record, now) => (await writer.create(record, undefined, now)).isWritten,
    read: (key, now) => records.read(key, now),
    readUncached: (key, now) => records.readUncached(key, now),
    commit: async (key, expected, change, now) =>
      (await writer.commit(key, expected, change, undefined, now)).isWritten,
    touch: (key, lastSeenAt, idleExpiresAt, now) => records.touch(key, lastSeenAt, idleExpiresAt, now),
    delete: (key, owner) => records.delete(key, owner),
    ...createUserIndex({ entries, records, steps, writer }),
    async enumerate(cursor, limit, now) {
      const page = await findPage(await demandMasters(connection), names.sessions, cursor, limit)
      const found = await Promise.all(page.keys.map((key) => records.readUncached(key, now)))
      const live = found.filter((record) => record !== undefined)
      return page.cursor === undefined ? { records: live } : { records: live, cursor: page.cursor }
    },
    ping: createPing(names, () => demandMasters(connection), connection),
    ...findInvalidations(client, names),
  })
}

/** All masters. A Cluster of none would look like one without sessions. */
async function demandMasters(connection: RedisConnection): Promise<ReadonlyMap<string, ScriptRunner>> {
  const masters = await connection.findMasters()
  if (masters.size === 0) throw new Error('the Redis client is not connected to its Cluster')
  return masters
}
