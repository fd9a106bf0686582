import type { RunningEngine } from '../engine.ts'
import { inspect } from './start-redis.ts'

/** The ports of the servers that held data at the start: of a Cluster all, else the first. */
export function findDataPorts({ address: { kind, ports } }: RunningEngine): readonly number[] {
  return kind.startsWith('redis-cluster') ? ports : ports.slice(0, 1)
}

/** Sends a command about one key to the server that has it, past every driver. */
export async function askMaster<Reply>(running: RunningEngine, command: readonly string[]): Promise<Reply> {
  for (const port of findDataPorts(running)) {
    const answer = await inspect(port, async (inspector) => {
      try {
        return { reply: await inspector.sendCommand<Reply>(command) }
      } catch (error) {
        if (String(error).includes('MOVED')) return undefined
        throw error
      }
    })
    if (answer) return answer.reply
  }
  throw new Error(`no server has the key of ${command[0] ?? ''}`)
}

/** Sends a command to every server with data. */
export async function askAll(running: RunningEngine, command: readonly string[]): Promise<void> {
  for (const port of findDataPorts(running))
    await inspect(port, (inspector) => inspector.sendCommand(command))
}
