import { createServer } from 'node:http'
import { inspect } from 'node:util'
import express from 'express'
import type { NextFunction, Request, Response } from 'express'
import { session } from '../../../src/express.ts'
import type { Duration } from '../../../src/duration.ts'
import { createSessionManager } from '../../../src/manager/create-session-manager.ts'
import type { Address } from '../engine.ts'
import { openStore } from '../open-store.ts'
import { readParameter, serveTests } from '../process/application.ts'
import { Gates } from './gates.ts'

// The application under test, a program of its own: a shop on Express, as users would write it, and some
// routes by which a test looks behind the counter.

/** What the program is told. */
export interface ShopParameter {
  readonly address: Address
  /** The option of the session manager. */
  readonly timeout: Duration
}

/** An event, as a log would hold it. */
export interface LoggedEvent {
  readonly type: string
  readonly during?: string | undefined
  readonly code?: string | undefined
  /** Everything that the event shows, its error and the causes of it included. */
  readonly text: string
}

interface Data {
  count: number
  note: string
}

const { address, timeout } = readParameter() as ShopParameter
const { store } = await openStore(address)
const gates = new Gates()
let events: LoggedEvent[] = []
let commits = 0

// Counted on the store itself, which keeps all that it can.
const commit = store.commit.bind(store)
store.commit = (...given) => {
  commits += 1
  return commit(...given)
}

const sessions = createSessionManager<Data>({
  store,
  timeout,
  skip: ({ path }) => path === '/asset',
  onStoreFailure: ({ path }) => (path === '/window' ? 'visitor' : 'error'),
  onEvent(event) {
    const { during, error } = { during: undefined, error: undefined, ...event }
    const code = (error as { code?: string } | undefined)?.code
    events.push({ type: event.type, during, code, text: inspect(event, { depth: 8 }) })
  },
})

const app = express().set('env', 'test')
app.get('/control/arrived', async (request, response) => {
  await gates.get(String(request.query['gate'])).arrival
  response.end()
})
app.get('/control/open', (request, response) => {
  gates.get(String(request.query['gate'])).open()
  response.end()
})
app.get('/control/events', (_request, response) => {
  response.json(events)
  events = []
})
app.get('/control/commits', (_request, response) => {
  response.json(commits)
  commits = 0
})
app.get('/ping', async (_request, response) => {
  await sessions.ping()
  response.send('ready')
})

app.use(session(sessions))
app.use(async (request, _response, next) => {
  const { gate } = request.query
  if (typeof gate === 'string') await gates.get(gate).pass()
  next()
})
app.get('/asset', (_request, response) => void response.send('an asset'))
app.get('/public', (_request, response) => void response.send('no session needed'))
app.get(['/profile', '/window'], (request, response) => {
  const mine = sessions.get(request)
  response.json({
    userId: mine.userId ?? null,
    count: mine.get('count') ?? null,
    note: mine.get('note') ?? null,
  })
})
app.post('/note', (request, response) => {
  sessions.get(request).set('note', String(request.query['text']))
  response.send('noted')
})
app.post('/add', (request, response) => {
  const mine = sessions.get(request)
  mine.update('count', (count = 0) => count + 1)
  response.send(`${mine.get('count')}`)
})
app.post('/login', (request, response) => {
  sessions.get(request).login(String(request.query['user']))
  response.redirect('/profile')
})
app.post('/logout', (request, response) => {
  sessions.get(request).logout()
  response.redirect('/')
})
app.use(
  (error: { status?: number; code?: string }, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error)
    response.status(error.status ?? 500).json({ code: error.code })
  },
)

await serveTests(createServer(app))
