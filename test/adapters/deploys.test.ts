// Deploys under load: a new server takes the port over while clients sign in again and again on connections that they
// keep. The old one stops as its documentation says, in the middle of saves. An answer whose handler has begun must
// arrive whole and with its cookie: who is signed in on the server and never learns it has lost something.

import assert from 'node:assert/strict'
import { Agent, createServer, request as sendRequest } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import fastifyExpress from '@fastify/express'
import Fastify from 'fastify'
import { session as expressSession } from '../../src/express.ts'
import { withSession } from '../../src/node.ts'
import { createSessionManager, memoryStore } from '../../src/index.ts'
import type { SessionManager } from '../../src/index.ts'

const clientCount = 20
const deployCount = 6
/** How many sign-ins begin between two deploys. */
const signInsBetween = 60

/** One version of the application, which listens on a port until it is stopped. */
interface Version {
  listen(port: number): Promise<number>
  stop(): Promise<void>
}

type SignIn = (request: IncomingMessage, response: ServerResponse) => void
type CreateVersion = (sessions: SessionManager, signIn: SignIn) => Promise<Version>

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

const versions: Record<string, CreateVersion> = {
  'node:http, close': async (sessions, signIn) => {
    const server = createServer(withSession(signIn, sessions))
    return {
      listen: (port) => listen(server, port),
      stop: () => new Promise((resolve) => server.close(() => resolve())),
    }
  },
  'node:http, close and closeIdleConnections until all are closed': async (sessions, signIn) => {
    const server = createServer(withSession(signIn, sessions))
    return {
      listen: (port) => listen(server, port),
      async stop() {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()))
        const timer = setInterval(() => server.closeIdleConnections(), 1)
        await closed
        clearInterval(timer)
      },
    }
  },
  'Fastify, close': async (sessions, signIn) => {
    const app = Fastify()
    await app.register(fastifyExpress)
    app.use(expressSession(sessions))
    app.use('/login', signIn)
    return {
      listen: async (port) => Number(new URL(await app.listen({ port, host: '127.0.0.1' })).port),
      stop: () => app.close(),
    }
  },
}

interface Counts {
  /** Answers that arrived whole, with their cookie. */
  signedIn: number
  /** Requests that no handler began: the connection was closed, or the server said that it stops. */
  turnedAway: number
  /** Handlers that had begun, and whose answer did not arrive. */
  cut: number
  /** Sign-ins that were being saved when a server stopped. */
  savedMeanwhile: number
}

async function deployUnderLoad(create: CreateVersion, latency: number): Promise<Counts> {
  const counts: Counts = { signedIn: 0, turnedAway: 0, cut: 0, savedMeanwhile: 0 }
  const begun = new Set<string>()
  const stops: Promise<void>[] = []
  const rows = memoryStore()
  let [deploys, begins, saving] = [0, 0, 0]
  let deploying = Promise.resolve()
  const store = {
    ...rows,
    async create(...values: Parameters<typeof rows.create>) {
      saving++
      // In the middle of a save, so that no timing decides whether one is under way.
      if (++begins % signInsBetween === 0 && deploys < deployCount) {
        deploys++
        counts.savedMeanwhile += saving
        deploying = deploying.then(replace)
      }
      if (latency > 0) await wait(latency)
      saving--
      return rows.create(...values)
    },
  }
  const sessions = createSessionManager({ store })
  const signIn: SignIn = (request, response) => {
    begun.add(String(request.headers['x-attempt']))
    sessions.get(request).login('u_1')
    response.end('signed in')
  }
  let current = await create(sessions, signIn)
  const port = await current.listen(0)

  async function replace(): Promise<void> {
    const next = await create(sessions, signIn)
    stops.push(current.stop())
    current = next
    for (;;) {
      try {
        await current.listen(port)
        return
      } catch {
        // The port is free once the former server has let it go.
        await wait(1)
        current = await create(sessions, signIn)
      }
    }
  }

  const isOver = (): boolean => begins >= (deployCount + 0.5) * signInsBetween
  const signInUntilOver = async (client: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let count = 0; !isOver(); count++) {
      const attempt = `${client}-${count}`
      const hasArrived = await signInOnce(agent, port, attempt)
      if (hasArrived) counts.signedIn++
      else if (begun.has(attempt)) counts.cut++
      else counts.turnedAway++
      if (!hasArrived) await wait(1)
    }
    agent.destroy()
  }
  await Promise.all(Array.from({ length: clientCount }, (_, client) => signInUntilOver(client)))
  await deploying
  await Promise.all([...stops, current.stop()])
  await sessions.close()
  return counts
}

/** Whether a whole answer with a cookie has arrived. */
function signInOnce(agent: Agent, port: number, attempt: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { 'X-Attempt': attempt }
    const request = sendRequest({ agent, host: '127.0.0.1', port, path: '/login', method: 'POST', headers })
    request.on('error', () => resolve(false))
    request.on('response', (response) => {
      text(response).then(
        (body) => resolve(body === 'signed in' && response.headers['set-cookie']?.length === 1),
        () => resolve(false),
      )
    })
    request.end()
  })
}

for (const [name, create] of Object.entries(versions)) {
  suite(`${deployCount} deploys under ${clientCount} clients: ${name}`, () => {
    for (const latency of [0, 2, 10]) {
      test(`no answer is cut; the store takes ${latency} ms`, { timeout: 30_000 }, async (context) => {
        const counts = await deployUnderLoad(create, latency)
        context.diagnostic(JSON.stringify(counts))
        assert.equal(counts.cut, 0)
        assert.ok(counts.signedIn > deployCount * signInsBetween * 0.5)
        assert.ok(counts.savedMeanwhile >= deployCount)
      })
    }
  })
}
