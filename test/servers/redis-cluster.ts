import { setTimeout as wait } from 'node:timers/promises'
import type { Engine, RunningEngine } from './engine.ts'
import { findFreePort } from './process/free-port.ts'
import { runRedis } from './redis/run-redis.ts'
import { createRedisProcess, inspect, redisServer } from './redis/start-redis.ts'

/** Redis Cluster, with each driver. */
export const clusterEngines: readonly Engine[] = ['node-redis', 'ioredis'].map((driver) => ({
  name: `Redis Cluster, ${driver}`,
  programs: [redisServer],
  start: () => startRedisCluster(`redis-cluster ${driver}`),
}))

const slots = 16_384
const masters = 3

/** Starts a Cluster of three masters without replicas. `kind` chooses the driver, see open-store.ts. */
export function startRedisCluster(kind = 'redis-cluster node-redis'): Promise<RunningEngine> {
  return runRedis(async (createFolder, started) => {
    const ports: number[] = []
    const busPorts: number[] = []
    for (let index = 0; index < masters; index += 1) {
      const [port, busPort] = [await findFreePort(), await findFreePort()]
      const server = createRedisProcess(port, await createFolder(`${index}`), {
        'cluster-enabled': 'yes',
        'cluster-port': `${busPort}`,
        'cluster-announce-ip': '127.0.0.1',
        'cluster-node-timeout': '2000',
      })
      started.push(server)
      await server.start()
      ports.push(port)
      busPorts.push(busPort)
    }
    await joinCluster(ports, busPorts)
    return { address: { kind, ports }, servers: [...started], findMasters: async () => ports }
  })
}

/** Gives each master its share of the slots, introduces them to each other and waits until all agree. */
async function joinCluster(ports: readonly number[], busPorts: readonly number[]): Promise<void> {
  const share = Math.ceil(slots / ports.length)
  for (const [index, port] of ports.entries()) {
    const range = [index * share, Math.min((index + 1) * share, slots) - 1].map(String)
    await inspect(port, async (inspector) => {
      await inspector.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', ...range])
      await inspector.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`])
    })
  }
  await inspect(ports[0] ?? 0, async (inspector) => {
    for (const [index, port] of ports.entries())
      if (index > 0)
        await inspector.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', `${port}`, `${busPorts[index] ?? 0}`])
  })
  for (const port of ports) {
    await inspect(port, async (inspector) => {
      const isComplete = async (): Promise<boolean> => {
        const info = await inspector.sendCommand<string>(['CLUSTER', 'INFO'])
        const known = info.includes(`cluster_known_nodes:${ports.length}`)
        return known && info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${slots}`)
      }
      while (!(await isComplete())) await wait(20)
    })
  }
}
