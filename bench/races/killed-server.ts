import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startServer } from '../start-server.ts'
import type { Browser } from './browser.ts'
import { visit } from './client.ts'
import { openSession } from './overlapping-writes.ts'
import { countRounds } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const serverFile = new URL('server.ts', import.meta.url)
const writers = 4

/** As durable as the store's own acknowledged writes: the process dies, the file stays. */
export const killedServer: Scenario = {
  measure: 'a server killed with SIGKILL keeps every acknowledged write',
  wanted: '20 of 20',
  only: 'sqlite',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'coatcheck-killed-'))
    try {
      return await countRounds(20, (index) => killOnce(join(folder, `${index}.db`)))
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

async function killOnce(file: string): Promise<boolean> {
  const server = await startServer(serverFile, [file])
  const browsers = await Promise.all(Array.from({ length: writers }, () => openSession(server.port)))
  const death = new AbortController()
  const writing = browsers.map((browser) => writeUntil(death.signal, browser))
  await wait(randomInt(20, 300))
  death.abort()
  await server.stop('SIGKILL')
  const logs = await Promise.all(writing)

  const successor = await startServer(serverFile, [file])
  try {
    const kept = await Promise.all(
      browsers.map((browser, index) => isKept(successor.port, browser, logs[index] ?? [])),
    )
    return kept.every(Boolean)
  } finally {
    await successor.stop()
  }
}

/** The names of the writes that were acknowledged. */
async function writeUntil(death: AbortSignal, browser: Browser): Promise<string[]> {
  const acknowledged: string[] = []
  for (;;) {
    const name = `write-${acknowledged.length}`
    try {
      await browser.visit(`/set?name=${name}&value=${name}`)
      acknowledged.push(name)
    } catch (error) {
      if (death.aborted) return acknowledged
      throw error
    }
  }
}

async function isKept(port: number, { cookie }: Browser, acknowledged: readonly string[]): Promise<boolean> {
  const values = JSON.parse((await visit(port, '/values', cookie)).body) as Record<string, string>
  return values['color'] === 'red' && acknowledged.every((name) => values[name] === name)
}
