import { createClient } from 'redis'
import type { Program } from '../process/demand-programs.ts'
import { demandProgram } from '../process/demand-programs.ts'
import { ServerProcess } from '../process/server-process.ts'

/** Also runs as Sentinel. */
export const redisServer: Program = { name: 'redis-server', package: 'redis-server' }

/** The part of node-redis that tests use to look into a server. */
export interface Inspector {
  sendCommand<Reply>(parameters: readonly string[]): Promise<Reply>
}

/** Runs a task with a connection to one server, past everything that a store or a driver does. */
export async function inspect<Result>(
  port: number,
  task: (inspector: Inspector) => Promise<Result>,
): Promise<Result> {
  const client = createClient({
    RESP: 2,
    socket: { host: '127.0.0.1', port, reconnectStrategy: false, connectTimeout: 5000 },
  })
  client.on('error', () => {})
  await client.connect()
  try {
    return await task({
      sendCommand: <Reply>(parameters: readonly string[]) => client.sendCommand<Reply>([...parameters]),
    })
  } finally {
    client.destroy()
  }
}

/** No snapshots; the append-only file is written before each answer leaves, and never rewritten. */
const settings = {
  bind: '127.0.0.1',
  save: '',
  appendonly: 'yes',
  appendfsync: 'no',
  'auto-aof-rewrite-percentage': '0',
}

/**
 * A Redis that keeps what it has acknowledged when it is killed and started again. `more` is settings, by
 * their names in redis.conf.
 */
export function createRedisProcess(
  port: number,
  folder: string,
  more: Readonly<Record<string, string>> = {},
): ServerProcess {
  return new ServerProcess({
    command: demandProgram(redisServer),
    parameters: Object.entries({ ...settings, ...more, port: `${port}`, dir: folder }).flatMap(
      ([name, value]) => [`--${name}`, value],
    ),
    isReady: () => isAnswering(port),
  })
}

/** Whether a server answers and has loaded its file. */
export async function isAnswering(port: number): Promise<boolean> {
  return inspect(port, async (inspector) => (await inspector.sendCommand(['PING'])) === 'PONG')
}
