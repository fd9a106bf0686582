import assert from 'node:assert/strict'
import type { ServerOptions } from 'node:http'
import type { TestContext } from 'node:test'
import { withSession } from '../../src/node.ts'
import type { RejectionReason } from '../../src/manager/events.ts'
import type { SessionOptions } from '../../src/manager/session-options.ts'
import { Browser, minute, rowsOf, setUp } from '../core/harness.ts'
import { exchange } from '../support/exchange.ts'
import type { Answer } from '../support/exchange.ts'
import { serve } from '../support/serve.ts'

export type Bytes = string | Uint8Array

export const cookieName = '__Host-id'

/** A real server with two signed-in users, for requests that no browser would send. */
export interface HostileServer extends ReturnType<typeof setUp> {
  readonly origin: string
  /** The tokens of the two users. */
  readonly anna: string
  readonly bert: string
  /** Sends a request with these header lines, byte by byte as they are. */
  send(path: string, ...headerLines: Bytes[]): Promise<Answer>
  /** The session is found: no new cookie, no event. */
  expectUser(userId: string, ...headerLines: Bytes[]): Promise<void>
  /** The session is found among this many cookies of its name: no new cookie, and an event. */
  expectBeside(userId: string, cookies: number, ...headerLines: Bytes[]): Promise<void>
  /**
   * No session is found, and nothing of the request is taken over: the handler sees a stranger, the
   * browser gets no cookie, and what the stranger sets goes to a session of its own. A store that was
   * not asked was not asked in vain: only for what may open a session, twice where two cookies do.
   */
  expectNobody(reason: RejectionReason | 'too many' | undefined, ...headerLines: Bytes[]): Promise<void>
}

/** The bytes of a header line with the given value. */
export function header(name: string, ...value: Bytes[]): Uint8Array {
  return Buffer.concat([`${name}: `, ...value, '\r\n'].map((each) => Buffer.from(each as string)))
}

/** The bytes of a Cookie line with the given value. */
export function cookie(...value: Bytes[]): Uint8Array {
  return header('Cookie', ...value)
}

export async function startHostileServer(
  context: TestContext,
  serverOptions: ServerOptions = {},
  options: SessionOptions = {},
): Promise<HostileServer> {
  const set = setUp({ cookie: { name: cookieName, secure: true }, ...options })
  const { sessions, store, clock, events } = set
  const answer = withSession((request, response) => {
    const session = sessions.get(request)
    if (request.url?.startsWith('/write')) session.set('written', true)
    response.end(session.userId ?? 'nobody')
  }, sessions)
  const origin = await serve(context, answer, serverOptions)

  async function signIn(userId: string): Promise<string> {
    const browser = new Browser(sessions)
    await browser.visit((session) => session.login(userId))
    return browser.token
  }

  const send = (path: string, ...headerLines: Bytes[]): Promise<Answer> => {
    const head = `GET ${path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n`
    return exchange(
      origin,
      Buffer.concat([head, ...headerLines, '\r\n'].map((each) => Buffer.from(each as string))),
    )
  }

  async function expectUser(userId: string, ...headerLines: Bytes[]): Promise<void> {
    events.length = 0
    const { status, setCookies, body } = await send('/look', ...headerLines)
    assert.deepEqual({ status, setCookies, body }, { status: 200, setCookies: [], body: userId })
    assert.deepEqual(events, [])
  }

  async function expectBeside(userId: string, cookies: number, ...headerLines: Bytes[]): Promise<void> {
    events.length = 0
    const { status, setCookies, body } = await send('/look', ...headerLines)
    assert.deepEqual({ status, setCookies, body }, { status: 200, setCookies: [], body: userId })
    assert.deepEqual(
      events.map((event) => event.type === 'ambiguous' && event.cookies),
      [cookies],
    )
  }

  async function expectNobody(
    expected: RejectionReason | 'too many' | undefined,
    ...headerLines: Bytes[]
  ): Promise<void> {
    const reads = { unknown: 1, 'wrong-verifier': 1, duplicate: 2 }
    const reason = expected === 'too many' ? 'duplicate' : expected
    const rows = store.rows.size
    const before = rowsOf(store.rows, clock)
    store.recount()
    events.length = 0
    const { status, setCookies, body } = await send('/look', ...headerLines)
    assert.deepEqual({ status, setCookies, body }, { status: 200, setCookies: [], body: 'nobody' })
    assert.equal(
      store.count(),
      Object.entries(reads).find(([each]) => each === expected)?.[1] ?? 0,
      'calls of the store',
    )
    assert.equal(store.count('read'), store.count(), 'calls that are no reads')
    assert.deepEqual(
      events.map((event) => (event.type === 'rejected' ? event.reason : event.type)),
      reason === undefined ? [] : [reason],
    )
    await expectNothingAdopted(headerLines)
    assert.equal(store.rows.size, rows + 1)
    assert.deepEqual(rowsOf(store.rows, clock).slice(0, before.length), before)
  }

  async function expectNothingAdopted(headerLines: readonly Bytes[]): Promise<void> {
    const { status, setCookies, body } = await send('/write', ...headerLines)
    assert.equal(status, 200)
    assert.equal(body, 'nobody')
    assert.equal(setCookies.length, 1)
    const [, token = ''] = /^__Host-id=([0-9a-f]{64});/.exec(setCookies[0] ?? '') ?? []
    assert.ok(token, 'the stranger got no token')
    const sent = Buffer.concat(headerLines.map((each) => Buffer.from(each as string))).toString('latin1')
    assert.equal(sent.includes(token) || sent.includes(token.slice(0, 32)), false, 'a token was adopted')
  }

  const [anna, bert] = [await signIn('anna'), await signIn('bert')]
  // Until then an old token counts as sent before the answer to the login arrived.
  clock.advance(2 * minute)
  return { ...set, origin, anna, bert, send, expectUser, expectBeside, expectNobody }
}
