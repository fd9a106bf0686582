import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import * as http2 from 'node:http2'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import express from 'express'
import { session } from '../../src/express.ts'
import { withSession } from '../../src/node.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionEvent } from '../../src/manager/events.ts'
import type { Session } from '../../src/session/session.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { signIn } from '../../src/testing/sign-in.ts'
import { openExchange } from '../core/harness.ts'

type Loose = Record<string, unknown>

/** Sends a request and hangs up once it has arrived. */
type HangUp = (port: number, cookie: string, arrived: Promise<unknown>) => Promise<void>

const hangUpHttp1: HangUp = async (port, cookie, arrived) => {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nHost: h\r\nCookie: ${cookie}\r\n\r\n`)
  await arrived
  socket.destroy()
}

const hangUpHttp2: HangUp = async (port, cookie, arrived) => {
  const client = http2.connect(`http://127.0.0.1:${port}`)
  client.on('error', () => {})
  const stream = client.request({ ':path': '/', cookie })
  stream.on('error', () => {})
  await arrived
  client.destroy()
}

const servers = {
  'node:http': hangUpHttp1,
  http2: hangUpHttp2,
  Express: hangUpHttp1,
} as const

/** What a handler does before and after its client has hung up, and whether it answers all the same. */
interface Handling {
  readonly before?: (mine: Session<Loose>) => void
  readonly after?: (mine: Session<Loose>) => void
  readonly answers: boolean
}

for (const [name, hangUp] of Object.entries(servers)) {
  /** Resolves to the manager and its events once the handler is done and everything is saved. */
  const serveAndHangUp = async ({ before, after, answers }: Handling) => {
    const events: SessionEvent[] = []
    const store = memoryStore()
    const sessions = createSessionManager<Loose>({ store, onEvent: (event) => events.push(event) })
    const cookie = await signIn(sessions, 'u_1', { a: 1 })
    const arrived = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const handle = async (request: object, response: NodeJS.WritableStream): Promise<void> => {
      const mine = sessions.get(request)
      before?.(mine)
      const closed = once(response, 'close')
      arrived.resolve()
      await closed
      after?.(mine)
      if (answers) response.end('late')
      done.resolve()
    }
    const app = express()
    app.use(session(sessions), (request, response) => void handle(request, response))
    const bare = withSession((request, response) => handle(request, response), sessions)
    const server =
      name === 'http2'
        ? http2.createServer((request, response) => void bare(request as never, response as never))
        : createServer(name === 'Express' ? app : (request, response) => void bare(request, response))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    events.length = 0
    await hangUp((server.address() as AddressInfo).port, cookie, arrived.promise)
    await done.promise
    // A change after the head is saved in the turn after the handler's.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
    await sessions.close()
    server.close()
    const { session: mine } = await openExchange(sessions, { cookie, secure: false })
    return { mine, events: events.map(({ type }) => type), store }
  }

  describe(`a client of ${name} that hangs up`, () => {
    for (const answers of [true, false]) {
      const how = answers ? ', whether the handler answers' : ' or not'
      test(`a client of ${name} that hangs up loses no change of data${how}`, async () => {
        const { mine } = await serveAndHangUp({
          before: (each) => each.set('b', 2),
          after: (each) => each.set('c', 3),
          answers,
        })
        assert.deepEqual(mine.keys(), ['a', 'b', 'c'])
        assert.equal(mine.userId, 'u_1')
      })

      test(`a client of ${name} that hangs up loses no logout${how}`, async () => {
        for (const when of ['before', 'after'] as const) {
          const { mine, store } = await serveAndHangUp({
            [when]: (each: Session<Loose>) => each.logout(),
            answers,
          })
          assert.equal(mine.isNew, true)
          assert.equal(store.size, 0)
        }
      })

      test(`a client of ${name} that hangs up shows its old session nothing that follows its login as another user${how}`, async () => {
        for (const when of ['before', 'after'] as const) {
          const act = (each: Session<Loose>): void => {
            each.login('u_2')
            each.set('address', 'secret')
          }
          const { mine } = await serveAndHangUp({
            [when]: act,
            ...(when === 'before' && { after: (each: Session<Loose>) => each.set('city', 'secret') }),
            answers,
          })
          assert.deepEqual([mine.userId, mine.keys()], ['u_1', ['a']])
        }
      })

      test(`a client of ${name} that hangs up keeps its token, and its login is dropped with an event${how}`, async () => {
        for (const when of ['before', 'after'] as const) {
          const act = (each: Session<Loose>): void => {
            each.regenerateId()
            each.login('u_2')
          }
          const { mine, events } = await serveAndHangUp({ [when]: act, answers })
          assert.equal(mine.userId, 'u_1')
          assert.deepEqual(events, ['dropped'])
        }
      })
    }
  })
}
