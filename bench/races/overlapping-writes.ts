import { Browser } from './browser.ts'
import { countRounds, nameBarrier } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const crowd = Array.from({ length: 50 }, (_, index) => `key-${index}`)

/** No lost writes: all requests of a crowd have read the session before the first one commits. */
export const overlappingWrites: readonly Scenario[] = [
  {
    measure: 'two overlapping requests set different keys, both survive',
    wanted: '200 of 200',
    run: ({ server }) =>
      countRounds(200, async () => {
        const browser = await openSession(server.port)
        await overlap(browser, ['left', 'right'].map(setPath))
        const values = await browser.ask<Record<string, string>>('/values')
        return values['left'] === 'left' && values['right'] === 'right' && values['color'] === 'red'
      }),
  },
  {
    measure: '50 overlapping requests set a key each, keys kept',
    wanted: '50 of 50',
    async run({ server }) {
      const browser = await openSession(server.port)
      await overlap(browser, crowd.map(setPath))
      const values = await browser.ask<Record<string, string>>('/values')
      return `${crowd.filter((name) => values[name] === name).length} of ${crowd.length}`
    },
  },
  {
    measure: '50 overlapping increments of one value end at',
    wanted: '50',
    async run({ server }) {
      const browser = await openSession(server.port)
      await overlap(
        browser,
        crowd.map(() => '/increment?name=visits'),
      )
      const values = await browser.ask<Record<string, number>>('/values')
      return String(values['visits'])
    },
  },
]

/** A browser with a stored session. */
export async function openSession(port: number): Promise<Browser> {
  const browser = new Browser(port)
  await browser.visit('/set?name=color&value=red')
  return browser
}

async function overlap(browser: Browser, paths: readonly string[]): Promise<void> {
  const barrier = nameBarrier()
  await Promise.all(paths.map((path) => browser.visit(`${path}&barrier=${barrier}&count=${paths.length}`)))
}

function setPath(name: string): string {
  return `/set?name=${name}&value=${name}`
}
