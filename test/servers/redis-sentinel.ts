import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Engine, RunningEngine } from './engine.ts'
import { demandProgram } from './process/demand-programs.ts'
import { findFreePort } from './process/free-port.ts'
import { ServerProcess } from './process/server-process.ts'
import { runRedis } from './redis/run-redis.ts'
import { createRedisProcess, inspect, isAnswering, redisServer } from './redis/start-redis.ts'

/** Redis behind Sentinel, with each driver. */
export const sentinelEngines: readonly Engine[] = ['node-redis', 'ioredis'].map((driver) => ({
  name: `Redis Sentinel, ${driver}`,
  programs: [redisServer],
  start: () => startRedisSentinel(`redis-sentinel ${driver}`),
}))

/** What the Sentinels call the master. */
const masterName = 'mymaster'
const sentinels = 3

/**
 * Starts a master, its replica and three Sentinels, and lists them in this order. `kind` chooses the
 * driver, see open-store.ts.
 */
export function startRedisSentinel(kind = 'redis-sentinel node-redis'): Promise<RunningEngine> {
  return runRedis(async (createFolder, started) => {
    const start = async (server: ServerProcess): Promise<void> => {
      started.push(server)
      await server.start()
    }
    const [masterPort, replicaPort] = [await findFreePort(), await findFreePort()]
    const replication = { 'repl-diskless-sync-delay': '0' }
    await start(createRedisProcess(masterPort, await createFolder('master'), replication))
    await start(
      createRedisProcess(replicaPort, await createFolder('replica'), {
        ...replication,
        replicaof: `127.0.0.1 ${masterPort}`,
      }),
    )
    await waitFor(replicaPort, ['INFO', 'replication'], (info) =>
      String(info).includes('master_link_status:up'),
    )
    const sentinelPorts: number[] = []
    for (let index = 0; index < sentinels; index += 1) {
      const port = await findFreePort()
      sentinelPorts.push(port)
      await start(await createSentinel(port, await createFolder(`sentinel-${index}`), masterPort))
    }
    for (const port of sentinelPorts) await waitFor(port, ['SENTINEL', 'MASTER', masterName], knowsAll)
    return {
      address: {
        kind,
        ports: [masterPort, replicaPort, ...sentinelPorts],
        details: { masterName, sentinels: sentinelPorts.join(' ') },
      },
      servers: [...started],
      findMasters: async () => [await findMaster(sentinelPorts)],
    }
  })
}

/** The port of the server that the first Sentinel to answer takes for the master. */
export async function findMaster(sentinelPorts: readonly number[]): Promise<number> {
  const [, port] = await Promise.any(
    sentinelPorts.map((sentinel) =>
      inspect(sentinel, (inspector) =>
        inspector.sendCommand<string[]>(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName]),
      ),
    ),
  )
  return Number(port)
}

async function createSentinel(port: number, folder: string, masterPort: number): Promise<ServerProcess> {
  const file = join(folder, 'sentinel.conf')
  await writeFile(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${masterName} 500`,
      `sentinel failover-timeout ${masterName} 3000`,
      '',
    ].join('\n'),
  )
  return new ServerProcess({
    command: demandProgram(redisServer),
    parameters: [file, '--sentinel'],
    isReady: () => isAnswering(port),
  })
}

/** A failover needs a Sentinel that knows the replica and the other Sentinels. */
function knowsAll(reply: unknown): boolean {
  const fields = Array.isArray(reply) ? reply.map(String) : []
  const readField = (name: string): string | undefined => fields[fields.indexOf(name) + 1]
  return readField('num-slaves') === '1' && readField('num-other-sentinels') === `${sentinels - 1}`
}

/** Asks a server until its answer is the wanted one. */
async function waitFor(
  port: number,
  command: readonly string[],
  isWanted: (reply: unknown) => boolean,
): Promise<void> {
  await inspect(port, async (inspector) => {
    while (!isWanted(await inspector.sendCommand<unknown>(command))) await wait(20)
  })
}
