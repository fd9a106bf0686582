import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Address, RunningEngine } from '../engine.ts'
import type { ServerProcess } from '../process/server-process.ts'
import { startInFolder } from '../process/start-in-folder.ts'
import { CommandCounter } from './command-counter.ts'
import { dumpServer, measureServer, readRedisVersion } from './contents.ts'

/** What a way to start Redis has started. */
export interface StartedServers {
  readonly address: Address
  /** In the order of `address.ports`. */
  readonly servers: readonly ServerProcess[]
  /** The ports of those that hold data of their own; asked anew each time, because a failover changes them. */
  findMasters(): Promise<readonly number[]>
}

/** Runs servers in a folder of their own, and removes it with them. */
export async function runRedis(
  start: (
    createFolder: (name: string) => Promise<string>,
    started: ServerProcess[],
  ) => Promise<StartedServers>,
): Promise<RunningEngine> {
  return startInFolder('coatcheck-redis-', async (root, started) => {
    const createFolder = async (name: string): Promise<string> => {
      const folder = join(root, name)
      await mkdir(folder)
      return folder
    }
    const stopAll = async (): Promise<void> => {
      await Promise.all(started.map((server) => server.stop('SIGKILL')))
      await rm(root, { recursive: true, force: true })
    }
    return createRunningEngine(await start(createFolder, started), stopAll)
  })
}

function createRunningEngine(
  { address, servers, findMasters }: StartedServers,
  stopAll: () => Promise<void>,
): RunningEngine {
  let counters: Promise<readonly CommandCounter[]> | undefined
  const startCounters = async (): Promise<readonly CommandCounter[]> =>
    Promise.all((await findMasters()).map((port) => CommandCounter.start(port)))
  return {
    address,
    servers,
    async dump() {
      return (await Promise.all((await findMasters()).map(dumpServer))).join('\n')
    },
    /** From the first call on. */
    async countCommands() {
      counters ??= startCounters()
      return sum(await Promise.all((await counters).map((counter) => counter.count())))
    },
    async measureSize() {
      return sum(await Promise.all((await findMasters()).map(measureServer)))
    },
    readVersion: async () => readRedisVersion((await findMasters())[0] ?? 0),
    async stop() {
      for (const counter of (await counters?.catch(() => [])) ?? []) counter.stop()
      await stopAll()
    },
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
