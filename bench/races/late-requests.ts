import type { ServerProcess } from '../start-server.ts'
import { openSession } from './browser.ts'
import type { Browser } from './browser.ts'
import { visit } from './client.ts'
import type { Answer } from './client.ts'
import { deal, nameBarrier, range } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const rounds = 100

/**
 * What the late request does: writes, writes what is there already, only reads. A write that was dropped says so, and
 * one of what is there already may be told to have been overtaken.
 */
const lateRequests = [
  { path: '/wait-and-set?value=blue', statuses: [409] },
  { path: '/wait-and-set?value=red', statuses: [200, 409] },
  { path: '/look-and-wait?', statuses: [200] },
]

type LateRequest = (typeof lateRequests)[number]

/** What became of one round: the browser, the cookie it had before, and the answer to its late request. */
interface Crossing {
  readonly browser: Browser
  readonly oldCookie: string | undefined
  readonly late: Answer
}

/** A request that began before a logout or login and is answered after it. */
export const lateScenarios: readonly Scenario[] = [
  {
    measure: 'slow write, equal write or read across a logout: nothing revived',
    wanted: `${rounds} of ${rounds} each`,
    run: ({ servers }) =>
      countEach(servers, '/logout', async ({ browser, oldCookie, late }, server) => {
        const values = await visit(server.port, '/values', oldCookie)
        return late.setCookies.length === 0 && browser.cookie === undefined && values.body === '{}'
      }),
  },
  {
    measure: 'the same across a login: the login stands in the browser',
    wanted: `${rounds} of ${rounds} each`,
    run: ({ servers }) =>
      countEach(
        servers,
        '/login?user=ada',
        async ({ browser }, server) => (await browser.ask(server, '/user')) === 'ada',
      ),
  },
]

/** In how many rounds of each late request the check holds. */
async function countEach(
  servers: readonly ServerProcess[],
  crossing: string,
  holds: (crossed: Crossing, server: ServerProcess) => Promise<boolean>,
): Promise<string> {
  const counts: number[] = []
  for (const request of lateRequests) {
    const crossed = await crossOver(servers, request, crossing)
    const held = await Promise.all(crossed.map((each, turn) => holds(each, deal(servers, turn))))
    counts.push(held.filter(Boolean).length)
  }
  const isSame = counts.every((count) => count === counts[0])
  return isSame ? `${counts[0]} of ${rounds} each` : `${counts.join(', ')} of ${rounds}`
}

/**
 * Sessions side by side. Each late request has read its session when `crossing` is sent, to the other
 * server, and goes on when that has been answered.
 */
async function crossOver(
  servers: readonly ServerProcess[],
  { path, statuses }: LateRequest,
  crossing: string,
): Promise<readonly Crossing[]> {
  const barrier = nameBarrier()
  const browsers = await Promise.all(range(rounds).map((turn) => openSession(deal(servers, turn))))
  const cookies = browsers.map(({ cookie }) => cookie)
  const late = browsers.map((browser, turn) =>
    browser.visit(deal(servers, turn), `${path}&barrier=${barrier}`, statuses),
  )
  const share = rounds / servers.length
  await Promise.all(servers.map((server) => server.ask(`/control/gather?barrier=${barrier}&count=${share}`)))
  await Promise.all(browsers.map((browser, turn) => browser.visit(deal(servers, turn + 1), crossing)))
  // Far enough for a touch to be due, so that a read would write as well.
  await Promise.all(servers.map((server) => server.ask('/control/advance?hours=3')))
  await Promise.all(servers.map((server) => server.ask(`/control/release?barrier=${barrier}`)))
  const answers = await Promise.all(late)
  return browsers.flatMap((browser, index) => {
    const answer = answers[index]
    return answer ? [{ browser, oldCookie: cookies[index], late: answer }] : []
  })
}
