// The entry `coatcheck/stores/redis`.

export type {
  IoredisClient,
  NodeRedisClient,
  RedisClient,
  RedisScriptParameters,
} from './redis/redis-client.ts'
export type { RedisStoreOptions } from './redis/redis-options.ts'
export { redisStore } from './redis/redis-store.ts'
export type { RedisStore } from './redis/redis-store.ts'
