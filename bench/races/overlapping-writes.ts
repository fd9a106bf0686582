import type { ServerProcess } from '../start-server.ts'
import { openSession } from './browser.ts'
import { countRounds, deal, nameBarrier, range } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const crowd = range(50).map((index) => `key-${index}`)

/**
 * No lost writes: all requests of a crowd have read the session before the first one saves. Within one
 * process the saves of a session queue up; between two, only the store keeps them apart.
 */
export const overlappingWrites: readonly Scenario[] = [
  {
    measure: 'two overlapping requests with different values, none lost',
    wanted: '200 of 200',
    run: ({ servers }) =>
      countRounds(200, async () => {
        const values = await overlap(servers, ['left', 'right'].map(setPath))
        return values['left'] === 'left' && values['right'] === 'right' && values['color'] === 'red'
      }),
  },
  {
    measure: '50 overlapping requests, values kept',
    wanted: '50 of 50',
    async run({ servers }) {
      const values = await overlap(servers, crowd.map(setPath))
      return `${crowd.filter((name) => values[name] === name).length} of ${crowd.length}`
    },
  },
  {
    measure: '50 concurrent increments end at',
    wanted: '50',
    async run({ servers }) {
      const values = await overlap(
        servers,
        crowd.map(() => '/increment?name=visits'),
      )
      return String(values['visits'])
    },
  },
]

/** Deals the requests out among the servers, lets all of them read, then go on, and gives the values. */
async function overlap(
  servers: readonly ServerProcess[],
  paths: readonly string[],
): Promise<Record<string, string | number>> {
  const browser = await openSession(deal(servers, 0))
  const barrier = nameBarrier()
  const answers = paths.map((path, index) =>
    browser.visit(deal(servers, index), `${path}&barrier=${barrier}`),
  )
  const share = paths.length / servers.length
  const gathered = servers.map((server) => server.ask(`/control/gather?barrier=${barrier}&count=${share}`))
  await Promise.all(gathered)
  await Promise.all(servers.map((server) => server.ask(`/control/release?barrier=${barrier}`)))
  await Promise.all(answers)
  return browser.ask(deal(servers, 1), '/values')
}

function setPath(name: string): string {
  return `/set?name=${name}&value=${name}`
}
