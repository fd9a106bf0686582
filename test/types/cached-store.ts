import type { UserIndex } from 'coatcheck'
import { basicStore } from 'coatcheck/stores/basic'
import type { BasicFunctions } from 'coatcheck/stores/basic'
import { cachedStore } from 'coatcheck/stores/cached'
import { redisStore } from 'coatcheck/stores/redis'
import type { RedisClient } from 'coatcheck/stores/redis'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import { demand } from './equals.ts'
import type { Equals } from './equals.ts'

/** Compiled and never run: a cached store has what the store inside has, and says what it lacks. */
export async function useCachedStores(functions: BasicFunctions, client: RedisClient): Promise<void> {
  const sqlite = cachedStore(sqliteStore('sessions.sqlite'), { ttl: '2s', maxEntries: 10 })
  const index: UserIndex = sqlite
  await sqlite.sweep(Date.now(), 10)
  await sqlite.close()
  demand<Equals<typeof sqlite.maxStaleness, number>>()

  const basic = cachedStore(basicStore(functions))
  demand<Equals<typeof basic.atomicity, 'process'>>()
  // @ts-expect-error -- no user index inside
  basic.listByUser('u_1', Date.now())
  // @ts-expect-error -- and none that could be made of it
  const none: UserIndex = basic

  const redis = cachedStore(redisStore(client))
  await redis.ping()
  // @ts-expect-error -- Redis sweeps by itself
  redis.sweep(Date.now(), 10)
  // @ts-expect-error -- what it hears it keeps to itself
  redis.onInvalidation(() => {})
  void [index, none]
}
