import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import type { SessionManager } from '../../../src/index.ts'
import type { MemoryStore } from '../../../src/stores/memory.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import type { ControlledStore, HeldCall } from '../../core/controlled-store.ts'
import { Browser, settle } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import { formatRequest, lastRequest, openWire, sendHttp1 } from './wire.ts'
import type { Client, Listener, Protocol, TestRequest, Wire } from './wire.ts'

/**
 * What a handler observes. `order` is always compared, `note` only where nothing is held: a held `write`, for example,
 * returns `false`.
 */
export interface Log {
  order(value: unknown): void
  note(value: unknown): void
}

export interface Corner extends TestRequest {
  /**
   * The event of the server that delivers the request.
   *
   * @default 'request'
   */
  readonly event?: 'checkContinue' | 'checkExpectation'
  readonly modes?: readonly Mode[]
  /** Normalizes what may be chunked or compressed in several ways. */
  readonly read?: (received: string) => string
  readonly handle: (response: ServerResponse, log: Log, request: IncomingMessage) => unknown
}

/** What the session middleware has to do for the request. */
export type Mode = 'nothing to save' | 'a session read' | 'a save held back' | 'a save refused'
export const modes = ['nothing to save', 'a session read', 'a save held back', 'a save refused'] as const

/** Wraps a listener with sessions; without a manager, as it would be without sessions. */
export type Build = (handler: Listener, sessions: SessionManager<Loose> | undefined) => Listener

export interface Visit {
  readonly received: string
  /** What is stored at the end. */
  readonly rows: MemoryStore
  readonly order: unknown[]
  readonly notes: unknown[]
}

/** A bare node server. */
export const build: Build = (handler, sessions) => (sessions ? withSession(handler, sessions) : handler)

/** Sends one request and returns what the client, the response's listeners and the handler saw. */
export async function visit(protocol: Protocol, corner: Corner, mode?: Mode, how = build): Promise<Visit> {
  const store = controlledStore()
  const sessions = createSessionManager<Loose>({ store })
  const browser = new Browser(sessions)
  if (mode === 'a session read') await browser.visit((session) => session.set('theme', 'dark'))
  store.plan('create', 'hold')
  const order: unknown[] = []
  const notes: unknown[] = []
  const closing = Promise.withResolvers<void>()
  const listener = how((request, response) => {
    if (mode === 'a session read') sessions.get(request).get('theme')
    else if (mode && mode !== 'nothing to save') sessions.get(request).set('theme', 'dark')
    for (const name of ['finish', 'close'] as const) response.on(name, () => order.push(name))
    response.on('error', (error: NodeJS.ErrnoException) => order.push(`error ${error.code}`))
    response.on('close', closing.resolve)
    const log = {
      order: (value: unknown) => order.push(value),
      note: (value: unknown) => notes.push(value),
    }
    corner.handle(response, log, request)
  }, mode && sessions)
  const answer: Listener = (request, response) =>
    request.url === '/last' ? void response.end('last') : listener(request, response)
  await using wire = await openWire(protocol, answer)
  if (corner.event) wire.server.on(corner.event, answer)
  const client = send(protocol, wire, browser.cookie ? addCookie(corner, browser.cookie) : corner)
  if (mode === 'a save held back') await releaseSave(store, client)
  if (mode === 'a save refused') await refuseSave(store, client)
  const received = (corner.read ?? String)(await client.done)
  await closing.promise
  await settle()
  await sessions.close()
  return { received, rows: store.rows, order, notes }
}

function send(protocol: Protocol, wire: Wire, request: TestRequest): Client {
  if (protocol === 'http2') return wire.send(request)
  const sent = formatRequest(request)
  return sendHttp1(wire.port, request.headers?.['Connection'] ? sent : sent + lastRequest)
}

function addCookie(corner: Corner, cookie: string): TestRequest {
  return { ...corner, headers: { ...corner.headers, Cookie: cookie } }
}

/** Checks that no final head arrives before the store has answered. */
async function releaseSave(store: ControlledStore, client: Client): Promise<void> {
  const call = await arrivedSave(store, client)
  assert.doesNotMatch(client.received(), finalHead, 'a head was sent before the save')
  call.pass()
}

async function refuseSave(store: ControlledStore, client: Client): Promise<void> {
  store.always('read', 'refuse')
  const call = await arrivedSave(store, client)
  call.refuse()
}

async function arrivedSave(store: ControlledStore, client: Client): Promise<HeldCall> {
  const answered = client.done.then((received) => assert.fail(`answered without a save: ${received}`))
  const call = await Promise.race([store.held('create'), answered])
  answered.catch(() => {})
  await settle()
  return call
}

const finalHead = /^(?:HTTP\/1\.1 |:status: )[2-5]/m
