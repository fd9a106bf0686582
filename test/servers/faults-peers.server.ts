import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { missing } from './engines.ts'
import { comparedFaults } from './faults/faults.ts'
import type { PeerName, PeerParameter } from './faults/peer.ts'
import { cookieOf, Stage } from './faults/stage.ts'
import { Application } from './process/application.ts'
import { visit } from './process/visit.ts'
import type { Answer } from './process/visit.ts'
import { redisEngines } from './redis.ts'

// The same failing Redis, for the same kind of shop, with this library and with those that are most used. Each
// is a process of its own and has the driver's default settings.

/** After how many milliseconds a client that has no answer gives up. */
const patience = 2000

const peerNames: readonly PeerName[] = ['express-session', 'koa-session', '@fastify/session']

for (const engine of redisEngines.slice(0, 1)) {
  describe(`while ${engine.name} fails`, { skip: missing(engine) }, () => {
    let stage: Stage
    let peers: readonly Application[]

    before(async () => {
      stage = await Stage.open(engine)
      await stage.startShop('500ms')
      const [proxy] = stage.proxies
      peers = await Promise.all(
        peerNames.map((name) => {
          const parameter: PeerParameter = { name, port: proxy?.port ?? 0 }
          return Application.start(new URL('faults/peer.ts', import.meta.url), parameter)
        }),
      )
    })
    after(async () => {
      await Promise.all((peers ?? []).map((peer) => peer.stop()))
      await stage?.close()
    })

    for (const fault of comparedFaults) {
      test(`${fault.name}: the shop answers within the limit, its peers hang for more than ${patience} ms`, async (context) => {
        const cookie = cookieOf(await stage.post('/login?user=u_1', undefined))
        const signedIn = await Promise.all(peers.map(signIn))
        const peerRequests = peers.map((peer, index) => () => askTwice(peer, signedIn[index]))
        // Before the fault all of them know their user.
        for (const request of peerRequests) assert.equal((await request()).body, 'u_1')
        let answers: readonly Answer[] = []
        try {
          await fault.begin(stage)
          const own = [
            stage.visit('/profile', { cookie, limit: patience }),
            stage.visit('/add', { method: 'POST', cookie, limit: patience }),
            stage.visit('/window', { cookie, limit: patience }),
          ]
          answers = await Promise.all([...own, ...peerRequests.map((request) => request())])
        } finally {
          await fault.end(stage)
        }
        const [reading, writing, window, ...others] = answers
        assert.deepEqual([reading?.status, writing?.status, window?.status], [503, 503, 200])
        for (const [index, { status, milliseconds }] of others.entries()) {
          const outcome =
            status === undefined
              ? `hangs after ${patience} ms`
              : `${status} after ${Math.round(milliseconds)} ms`
          context.diagnostic(`${peerNames[index]}: ${outcome}`)
          assert.equal(status, undefined, `${peerNames[index]} has answered: ${outcome}`)
        }
        // Afterwards the page for visitors is the user's again.
        while (!(await stage.visit('/window', { cookie })).body.includes('u_1'))
          assert.ok(stage.shop.isRunning)
      })
    }
  })
}

async function signIn({ port }: Application): Promise<string> {
  const { setCookies } = await visit(port, '/login', { method: 'POST' })
  return setCookies.map((line) => line.split(';')[0]).join('; ')
}

/** A driver may not have noticed yet that its connection is gone, and then fails once. */
async function askTwice({ port }: Application, cookie: string | undefined): Promise<Answer> {
  const answer = await visit(port, '/profile', { cookie, limit: patience })
  return answer.status === 500 ? visit(port, '/profile', { cookie, limit: patience }) : answer
}
