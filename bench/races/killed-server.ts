import { randomInt } from 'node:crypto'
import type { ServerProcess } from '../start-server.ts'
import { openSession } from './browser.ts'
import type { Browser } from './browser.ts'
import { countRounds, deal, range } from './scenario.ts'
import type { Ground, Scenario } from './scenario.ts'

const writers = 4

/** As durable as the store's own acknowledged writes: the process dies, the session stays. */
export const killedServer: Scenario = {
  measure: 'servers killed with SIGKILL: acknowledged writes kept',
  wanted: 'all, in 20 of 20',
  needsSharing: true,
  run: async (ground) => `all, in ${await countRounds(20, () => killOnce(ground), 2)}`,
}

/** Kills a server after any number of answers, in the middle of its next saves; another one is then asked. */
async function killOnce({ servers, startServer }: Ground): Promise<boolean> {
  const victim = await startServer()
  const browsers = await Promise.all(range(writers).map(() => openSession(victim)))
  let left = randomInt(1, 60)
  let death: Promise<void> | undefined
  const noteAnswer = (): void => {
    left -= 1
    if (left === 0) death = victim.stop('SIGKILL')
  }
  const isKilled = (): boolean => death !== undefined
  const logs = await Promise.all(browsers.map((browser) => writeUntil(isKilled, victim, browser, noteAnswer)))
  await death
  const kept = browsers.map((browser, index) => isKept(deal(servers, index), browser, logs[index] ?? []))
  return (await Promise.all(kept)).every(Boolean)
}

/** The names of the writes that were acknowledged until the server was killed. */
async function writeUntil(
  isKilled: () => boolean,
  server: ServerProcess,
  browser: Browser,
  noteAnswer: () => void,
): Promise<string[]> {
  const acknowledged: string[] = []
  for (;;) {
    const name = `write-${acknowledged.length}`
    try {
      await browser.visit(server, `/set?name=${name}&value=${name}`)
      acknowledged.push(name)
      noteAnswer()
    } catch (error) {
      if (isKilled()) return acknowledged
      throw error
    }
  }
}

async function isKept(
  server: ServerProcess,
  browser: Browser,
  acknowledged: readonly string[],
): Promise<boolean> {
  const values = await browser.ask<Record<string, string>>(server, '/values')
  return values['color'] === 'red' && acknowledged.every((name) => values[name] === name)
}
