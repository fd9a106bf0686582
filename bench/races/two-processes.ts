import { startServer } from '../start-server.ts'
import type { ServerProcess } from '../start-server.ts'
import { visit } from './client.ts'
import { openSession } from './overlapping-writes.ts'
import { countRounds, nameBarrier } from './scenario.ts'
import type { Ground, Scenario } from './scenario.ts'

const serverFile = new URL('server.ts', import.meta.url)
const crowd = 50

/** Within one process, saves of a session queue up; between two, only the store keeps them apart. */
export const twoProcesses: readonly Scenario[] = [
  {
    measure: 'two processes set different keys of one session, both survive',
    wanted: '200 of 200',
    only: 'sqlite',
    run: (ground) =>
      withTwin(ground, (servers) =>
        countRounds(200, async () => {
          const values = await overlap(servers, ['/set?name=left&value=1', '/set?name=right&value=1'])
          return values['left'] === '1' && values['right'] === '1'
        }),
      ),
  },
  {
    measure: '50 overlapping increments over two processes end at',
    wanted: '50',
    only: 'sqlite',
    run: (ground) =>
      withTwin(ground, async (servers) => {
        const paths = Array.from({ length: crowd }, () => '/increment?name=visits')
        return String((await overlap(servers, paths))['visits'])
      }),
  },
]

async function withTwin(
  { server, place }: Ground,
  run: (servers: readonly ServerProcess[]) => Promise<string>,
): Promise<string> {
  const twin = await startServer(serverFile, [place])
  try {
    return await run([server, twin])
  } finally {
    await twin.stop()
  }
}

/** Deals the requests out among the servers, lets all of them read, then go on, and gives the values. */
async function overlap(
  servers: readonly ServerProcess[],
  paths: readonly string[],
): Promise<Record<string, string | number>> {
  const [first] = servers as [ServerProcess]
  const { cookie } = await openSession(first.port)
  const barrier = nameBarrier()
  const answers = paths.map((path, index) => {
    const server = servers[index % servers.length] as ServerProcess
    return visit(server.port, `${path}&barrier=${barrier}`, cookie)
  })
  const share = paths.length / servers.length
  await Promise.all(servers.map((server) => server.ask(`/control/gather?barrier=${barrier}&count=${share}`)))
  await Promise.all(servers.map((server) => server.ask(`/control/release?barrier=${barrier}`)))
  const failed = (await Promise.all(answers)).find(({ status }) => status !== 200)
  if (failed) throw new Error(`a write answered ${failed.status}: ${failed.body}`)
  return JSON.parse((await visit(first.port, '/values', cookie)).body)
}
