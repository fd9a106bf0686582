import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessionManager, systemClock } from 'coatcheck'
import { withSession } from 'coatcheck/node'
import type { Address } from '../../test/servers/engine.ts'
import { openStore } from '../../test/servers/open-store.ts'
import { reportPort } from '../start-server.ts'
import { Barriers } from './barrier.ts'
import { answerControl } from './control.ts'
import { countCalls } from './counting-store.ts'
import { routes } from './routes.ts'
import type { Data } from './routes.ts'

/** The process under test. Its parameter is the address of its store, as JSON. */
const opened = await openStore(JSON.parse(process.argv[2] ?? '') as Address)
const store = countCalls(opened.store)
const barriers = new Barriers()
const time = { ahead: 0 }
const clock = { ...systemClock, now: () => systemClock.now() + time.ahead }
// A busy machine may take its time: whether a write is lost is the question, not how soon it is saved.
const sessions = createSessionManager<Data>({ store, clock, timeout: '30s' })

const serveSession = withSession(async (request, response) => {
  const { pathname, searchParams } = readUrl(request)
  const answer = routes[pathname]
  if (!answer) return endWith(response, 404, 'no such route')
  await answer({ session: sessions.get(request), response, parameters: searchParams, barriers })
}, sessions)

const server = createServer((request, response) => {
  const url = readUrl(request)
  if (url.pathname.startsWith('/control/')) void answerControl(url, response, { store, barriers, time })
  else void serveSession(request, response)
})
server.listen(0, '127.0.0.1', () => reportPort((server.address() as AddressInfo).port))

function readUrl(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://127.0.0.1')
}

function endWith(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.end(text)
}
