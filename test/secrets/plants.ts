import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import * as http2 from 'node:http2'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { withSession } from '../../src/node.ts'
import { SessionStateError } from '../../src/contract/errors.ts'
import { createSessionManager, memoryStore } from '../../src/index.ts'
import type { SessionManager, Session, SessionStore } from '../../src/index.ts'
import { stateOf } from '../../src/session/session.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { listenOnFreePort } from '../support/listen-on-free-port.ts'

/** A server that leaks in one way: what watch.test.ts runs, by the name of the leak and a path for a database. */
const [leak = process.env['LEAK'] ?? 'nothing', path = ''] = process.argv.slice(2)

const store = path === '' ? memoryStore() : sqliteStore(path)
let tellEviction = (_handle: string): void => {}
const listening = { onEviction: (tell: typeof tellEviction) => ((tellEviction = tell), () => {}) }
const sessions: SessionManager<Record<string, unknown>> = createSessionManager({
  store: leak === 'an event' ? (Object.assign(store, listening) as SessionStore) : store,
  onEvent: () => {},
})

type Handler = (session: Session<Record<string, unknown>>, response: ServerResponse) => unknown

const leaks: Record<string, Handler> = {
  nothing: (session) => console.log(`signed in: ${session.handle}, ${String(session)}`),
  'a body': (session, response) => response.write(`token: ${session.id}`),
  'a body in pieces': ({ id }, response) => {
    for (const piece of [id.slice(0, 20), id.slice(20, 52), id.slice(52)]) response.write(piece)
  },
  'a body of bytes': ({ id }, response) => response.write(Buffer.from(id.slice(32), 'hex')),
  'a body of HTTP/2': sendSecondVersion,
  'a header': ({ id }, response) => response.setHeader('X-Session', id),
  'a log': ({ id }) => console.log({ event: 'login', id }),
  'a log on stderr': ({ id }) => console.error(id.toUpperCase()),
  'a log of its own': ({ id }) => writeSync(1, `${Buffer.from(id).toString('base64url')}\n`),
  'an error': ({ id }) => new SessionStateError(id),
  'a cause': ({ id }) => new SessionStateError('no', { cause: new Error('why', { cause: { id } }) }),
  'an error of another class': (session) => {
    try {
      session.update('name', () => {
        throw new TypeError(`bad: ${session.id}`)
      })
    } catch {}
  },
  'an event': ({ id }) => tellEviction(id),
  'a print of a session': showTokenLater,
  'a print of a manager': ({ id }) => Object.assign(sessions, { last: id.slice(0, 32) }),
  'a value in a store': (session) => session.set('copy', encodeURIComponent(session.id)),
  'a row of a database': ({ id }) => {
    const database = new DatabaseSync(path)
    database.exec(`create table copies (token blob); insert into copies values (x'${id}')`)
    database.close()
  },
  'a process it starts': () => void spawnSync(process.execPath, [script, 'a log']),
  'a process that is killed': () => void spawnSync(process.execPath, [script, 'a log, and then the end']),
  'a log, and then the end': ({ id }) => {
    console.log(id)
    process.kill(process.pid, 'SIGKILL')
  },
  'a thread': async () => {
    await once(new Worker(new URL(import.meta.url), { argv: ['a log'], stdout: true }), 'exit')
  },
}

const script = import.meta.filename

/** Not before the session is saved, which would store the token and tell it in an event. */
function showTokenLater(session: Session<Record<string, unknown>>): void {
  const { id } = session
  setImmediate(() => Object.defineProperty(stateOf(session, 'plant'), 'handle', { value: id }))
}

await visit(leaks[leak] ?? (() => {}))
await sessions.close()
for (const file of path === '' ? [] : [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true })

async function visit(handler: Handler): Promise<void> {
  const listener = withSession(async (request, response) => {
    const session = sessions.get(request)
    session.set('name', 'Ada')
    session.login('u_1')
    await handler(session, response)
    response.end('welcome')
  }, sessions)
  const server = createServer(listener)
  const response = await fetch(`http://127.0.0.1:${await listenOnFreePort(server)}/`)
  await response.text()
  // What is printed at the end of a request is printed by now.
  await new Promise((resolve) => void setImmediate(resolve))
  server.close()
  server.closeAllConnections()
}

async function sendSecondVersion({ id }: { id: string }): Promise<void> {
  const server = http2.createServer((_, response) => response.end(id))
  const client = http2.connect(`http://127.0.0.1:${await listenOnFreePort(server)}`)
  await once(client.request().resume(), 'end')
  client.close()
  server.close()
}
