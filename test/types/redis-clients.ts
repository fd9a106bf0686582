import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import type { RedisClientType, RedisClusterType } from 'redis'
import { createSessionManager } from 'coatcheck'
import { redisStore } from 'coatcheck/stores/redis'
import type { RedisClient } from 'coatcheck/stores/redis'

/** Compiled and never run: every client of both drivers is one of ours, whatever its settings. */
export const clients: readonly RedisClient[] = [
  createClient(),
  createClient({ RESP: 2 }),
  createClient({ RESP: 3, clientSideCache: { ttl: 0, maxEntries: 100, evictPolicy: 'LRU' } }),
  createClientPool({ url: 'redis://localhost' }),
  createCluster({ rootNodes: [] }),
  createSentinel({ name: 'mymaster', sentinelRootNodes: [] }),
  new Redis(),
  new Redis({ protocol: 2 }),
  new Redis({ name: 'mymaster', sentinels: [] }),
  new Cluster([]),
]

/** Compiled and never run: what a store takes. */
export async function useRedis(client: RedisClientType, cluster: RedisClusterType): Promise<void> {
  createSessionManager({ store: redisStore(client, { prefix: 'shop:' }) })
  createSessionManager({ store: redisStore(cluster) })
  createSessionManager({ store: redisStore(await createClient().connect(), { cluster: true }) })
  // @ts-expect-error It is an object with methods.
  redisStore('redis://localhost')
  // @ts-expect-error There is no such option.
  redisStore(client, { ttl: 60 })
}
