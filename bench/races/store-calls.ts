import type { ServerProcess } from '../start-server.ts'
import { Browser, openSession } from './browser.ts'
import type { StoreCalls } from './counting-store.ts'
import { countRounds, deal } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** What a visit costs, counted between the manager and its store. */
export const storeCalls: readonly Scenario[] = [
  {
    measure: 'a visitor without data',
    wanted: 'no calls, 0 rows, 0 cookies',
    async run({ servers }) {
      const server = deal(servers, 0)
      const rowsBefore = await server.ask<number>('/control/rows')
      await takeCalls(server)
      const { setCookies } = await new Browser().visit(server, '/values')
      const calls = await takeCalls(server)
      const rows = (await server.ask<number>('/control/rows')) - rowsBefore
      return `${calls}, ${rows} rows, ${setCookies.length} cookies`
    },
  },
  {
    measure: '1000 reads of one session',
    wanted: 'read 1000',
    async run({ servers }) {
      const server = deal(servers, 0)
      const browser = await openSession(server)
      await takeCalls(server)
      await countRounds(1000, async () => (await browser.visit(server, '/values')).status === 200)
      return takeCalls(server)
    },
  },
  {
    measure: 'a save without conflict',
    wanted: 'read 1, commit 1',
    async run({ servers }) {
      const server = deal(servers, 0)
      const browser = await openSession(server)
      await takeCalls(server)
      await browser.visit(server, '/set?name=color&value=blue')
      return takeCalls(server)
    },
  },
]

/** The calls since the last time, such as `read 1, commit 1`. */
async function takeCalls(server: ServerProcess): Promise<string> {
  const calls = await server.ask<StoreCalls>('/control/calls')
  const verbs = ['read', 'create', 'commit', 'touch', 'delete'] as const
  const counted = verbs.filter((verb) => calls[verb] > 0).map((verb) => `${verb} ${calls[verb]}`)
  return counted.length === 0 ? 'no calls' : counted.join(', ')
}
