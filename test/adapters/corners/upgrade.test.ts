import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { Browser, openExchange } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import { formatRequest, openWire, sendHttp1 } from './wire.ts'

const accepted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'

function setUp() {
  const store = controlledStore()
  const sessions = createSessionManager<Loose>({ store, eager: true })
  let calls = 0
  const serve = withSession((_request, response) => {
    calls += 1
    response.end('page')
  }, sessions)
  return { store, sessions, serve, calls: () => calls }
}

function requestUpgrade(port: number, cookie?: string): Promise<string> {
  const headers = { Connection: 'Upgrade', Upgrade: 'echo', ...(cookie ? { Cookie: cookie } : {}) }
  return sendHttp1(port, `${formatRequest({ headers })}first words`).done
}

test('an upgrade is left to its listener: no handler, no store, no cookie', async () => {
  const { store, serve, calls } = setUp()
  await using wire = await openWire('http/1.1', serve)
  wire.server.on('upgrade', (_request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.end(`${accepted}${head.toString()}`)
  })
  assert.equal(await requestUpgrade(wire.port), `${accepted}first words`)
  assert.equal(calls(), 0)
  assert.equal(store.count(), 0)
})

test('an upgrade without a listener is a request like any other', async () => {
  const { store, serve, calls } = setUp()
  await using wire = await openWire('http/1.1', serve)
  const sent = formatRequest({ headers: { Connection: 'close, Upgrade', Upgrade: 'echo' } })
  assert.match(await sendHttp1(wire.port, sent).done, /^HTTP\/1.1 200 OK\r\n[^]*session_id=[^]*page$/)
  assert.equal(calls(), 1)
  assert.equal(store.rows.size, 1)
})

test('open finds the session of an upgrade, and nobody’s for a wrong cookie', async () => {
  const { sessions, serve } = setUp()
  const browser = new Browser(sessions)
  await browser.visit((session) => session.login('u_1'))
  await using wire = await openWire('http/1.1', serve)
  wire.server.on('upgrade', async (request: IncomingMessage, socket: Duplex) => {
    const { session } = await openExchange(sessions, { cookie: request.headers.cookie, secure: false })
    const { userId } = session
    socket.end(userId === undefined ? 'HTTP/1.1 401 Unauthorized\r\n\r\n' : accepted + userId)
  })
  assert.equal(await requestUpgrade(wire.port, browser.cookie), `${accepted}u_1`)
  assert.match(await requestUpgrade(wire.port, `session_id=${'0'.repeat(64)}`), /^HTTP\/1.1 401 /)
})

test('a change made by hand over an upgraded connection is saved', async () => {
  const { sessions, serve } = setUp()
  const browser = new Browser(sessions)
  await browser.visit((session) => session.set('messages', 1))
  await using wire = await openWire('http/1.1', serve)
  wire.server.on('upgrade', async (request: IncomingMessage, socket: Duplex) => {
    const exchange = await openExchange(sessions, { cookie: request.headers.cookie, secure: false })
    const { session } = exchange
    session.update('messages', (count) => Number(count) + 1)
    await session.save()
    socket.end(accepted)
  })
  await requestUpgrade(wire.port, browser.cookie)
  assert.equal(await browser.see((session) => session.get('messages')), 2)
})
