import type { Engine, RunningEngine } from './engine.ts'
import { findFreePort } from './process/free-port.ts'
import { runRedis } from './redis/run-redis.ts'
import { createRedisProcess, redisServer } from './redis/start-redis.ts'

/** Redis on one server, with each driver. */
export const redisEngines: readonly Engine[] = ['node-redis', 'ioredis'].map((driver) => ({
  name: `Redis, ${driver}`,
  programs: [redisServer],
  start: () => startRedis(`redis ${driver}`),
}))

/** Starts one Redis. `kind` chooses the driver, see open-store.ts. */
export function startRedis(kind = 'redis node-redis'): Promise<RunningEngine> {
  return runRedis(async (createFolder, started) => {
    const port = await findFreePort()
    const server = createRedisProcess(port, await createFolder('one'))
    started.push(server)
    await server.start()
    return { address: { kind, ports: [port] }, servers: [server], findMasters: async () => [port] }
  })
}
