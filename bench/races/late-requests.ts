import type { ServerProcess } from '../start-server.ts'
import type { Browser } from './browser.ts'
import { visit } from './client.ts'
import type { Answer } from './client.ts'
import { openSession } from './overlapping-writes.ts'
import { countRounds, nameBarrier } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const lateRequests = [
  { name: 'write', path: '/wait-and-set?value=blue' },
  { name: 'same-value write', path: '/wait-and-set?value=red' },
  { name: 'read', path: '/look-and-wait?' },
]

/** A request that began before a logout or login and is answered after it. */
export const lateScenarios: readonly Scenario[] = [
  ...lateRequests.map(({ name, path }) => ({
    measure: `a slow ${name} in flight across a logout revives nothing`,
    wanted: '100 of 100',
    run: ({ server }: { server: ServerProcess }) =>
      countRounds(100, async () => {
        const browser = await openSession(server.port)
        const oldCookie = browser.cookie
        const late = await crossOver(server, browser, path, '/logout')
        const values = await visit(server.port, '/values', oldCookie)
        return late.setCookies.length === 0 && browser.cookie === undefined && values.body === '{}'
      }),
  })),
  ...lateRequests.map(({ name, path }) => ({
    measure: `a slow ${name} in flight across a login does not undo it`,
    wanted: '100 of 100',
    run: ({ server }: { server: ServerProcess }) =>
      countRounds(100, async () => {
        const browser = await openSession(server.port)
        await crossOver(server, browser, path, '/login?user=ada')
        return (await browser.ask('/user')) === 'ada'
      }),
  })),
]

/** The late request has read the session when `crossing` is sent, and goes on when that is answered. */
async function crossOver(
  server: ServerProcess,
  browser: Browser,
  path: string,
  crossing: string,
): Promise<Answer> {
  const barrier = nameBarrier()
  const late = browser.visit(`${path}&barrier=${barrier}`)
  await server.ask(`/control/gather?barrier=${barrier}`)
  await browser.visit(crossing)
  // Far enough for a touch to be due, so that a read would write as well.
  await server.ask('/control/advance?hours=3')
  await server.ask(`/control/release?barrier=${barrier}`)
  return late
}
