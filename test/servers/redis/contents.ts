import { inspect } from './start-redis.ts'
import type { Inspector } from './start-redis.ts'

/** Every key of one server with its time to live and its value, one to a line. */
export async function dumpServer(port: number): Promise<string> {
  return inspect(port, async (inspector) => {
    const lines: string[] = []
    for (const key of await readKeys(inspector)) {
      const type = await inspector.sendCommand<string>(['TYPE', key])
      const isSet = type === 'zset'
      const value = await inspector.sendCommand(
        isSet ? ['ZRANGE', key, '0', '-1', 'WITHSCORES'] : ['GET', key],
      )
      const left = await inspector.sendCommand<number>(['PTTL', key])
      lines.push(JSON.stringify({ key, type, left, value }))
    }
    return lines.join('\n')
  })
}

/** The bytes that the keys and values of one server take, with what Redis adds to each. */
export async function measureServer(port: number): Promise<number> {
  return inspect(port, async (inspector) => {
    let sum = 0
    for (const key of await readKeys(inspector))
      sum += await inspector.sendCommand<number>(['MEMORY', 'USAGE', key, 'SAMPLES', '0'])
    return sum
  })
}

/** The version of one server. */
export async function readRedisVersion(port: number): Promise<string> {
  const info = await inspect(port, (inspector) => inspector.sendCommand<string>(['INFO', 'server']))
  return `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? ''}`
}

async function readKeys(inspector: Inspector): Promise<string[]> {
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, page] = await inspector.sendCommand<[string, string[]]>(['SCAN', cursor, 'COUNT', '1000'])
    for (const key of page) keys.add(key)
    cursor = next
  } while (cursor !== '0')
  return [...keys].toSorted()
}
