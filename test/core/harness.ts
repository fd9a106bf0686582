import assert from 'node:assert/strict'
import type { Clock } from '../../src/contract/clock.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionEvent } from '../../src/manager/events.ts'
import type { Exchange, ExchangeAnswer, LateChangeListener } from '../../src/manager/request/exchange.ts'
import { open } from '../../src/manager/request/open.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import type { SessionOptions } from '../../src/manager/session-options.ts'
import type { Session } from '../../src/session/session.ts'
import type { RecordChange, SessionRecord } from '../../src/contract/store.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import { controlledStore } from './controlled-store.ts'
import type { ControlledStore, HeldCall } from './controlled-store.ts'

/** Any name may hold anything. */
export type Loose = Record<string, unknown>

export type LooseSession = Session<Loose>

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute

/** The kit's clock, moved by milliseconds, in which the instants of a record are counted. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void
}

export function createTestClock(): TestClock {
  const clock = fakeClock()
  return { ...clock, advance: (milliseconds) => clock.advance(milliseconds / 1000) }
}

/** A manager on a store and a clock that the test controls, and all the events it told. */
export function setUp(options: SessionOptions = {}) {
  const clock = createTestClock()
  const store = controlledStore()
  const events: SessionEvent[] = []
  const create = () =>
    createSessionManager<Loose>({ clock, store, onEvent: (event) => events.push(event), ...options })
  const sessions = create()
  /** The same browser, served by another process. */
  const elsewhere = () => new Browser(create(), browser.cookie)
  const browser = new Browser(sessions)
  return { clock, store, events, sessions, browser, elsewhere }
}

/** The headers of a response, after those of the handler: what an adapter sends. */
export interface Answer {
  readonly setCookie?: string
  readonly vary?: string
  readonly cacheControl?: string
}

/** What the handler says, beside what an adapter tells of the answer. */
export interface Handled extends LateChangeListener {
  readonly status?: number
  readonly hasFailed?: boolean
  readonly isBodiless?: boolean
  readonly cacheControl?: string | undefined
}

/** Opens an exchange that no option exempts. */
export async function openExchange<Data>(
  sessions: SessionManager<Data>,
  request: Parameters<typeof open>[1] = { cookie: undefined, secure: false },
): Promise<Exchange<Data>> {
  const exchange = await open(sessions, request)
  assert.ok(exchange, 'the request is exempt')
  return exchange
}

/** One request that has begun: overlapping requests are visits opened before others are concluded. */
export interface Visit {
  readonly session: LooseSession
  readonly exchange: Exchange<Loose>
  /** Ends the request; the browser takes the answer's cookie. */
  conclude(answer?: Handled): Promise<Answer>
}

/** Keeps the session cookie between requests, as a browser does. */
export class Browser {
  readonly #sessions: SessionManager<Loose>
  /** What it sends as its Cookie header. */
  cookie: string | undefined

  constructor(sessions: SessionManager<Loose>, cookie?: string) {
    this.#sessions = sessions
    this.cookie = cookie
  }

  /** The token in the cookie, or a failed test. */
  get token(): string {
    const [, token] = /=([0-9a-f]{64})$/.exec(this.cookie ?? '') ?? []
    assert.ok(token, `the browser holds no token, but ${this.cookie}`)
    return token
  }

  async open(): Promise<Visit> {
    const exchange = await openExchange(this.#sessions, { cookie: this.cookie, secure: false })
    return {
      session: exchange.session,
      exchange,
      conclude: async ({ cacheControl, ...given } = {}) => {
        const answer = { status: 200, ...given } as ExchangeAnswer
        const headers = await exchange.conclude(answer)
        const fields = new Headers(cacheControl === undefined ? {} : { 'cache-control': cacheControl })
        headers.applyCaching(fields)
        const answered = readAnswer(fields, headers.cookies[0]?.line)
        this.receive(answered)
        return answered
      },
    }
  }

  /** A whole request. */
  async visit(handler: (session: LooseSession) => unknown = () => {}, response?: Handled): Promise<Answer> {
    const visit = await this.open()
    await handler(visit.session)
    return visit.conclude(response)
  }

  /** What a request that changes nothing gets from its session. */
  async see<Result>(look: (session: LooseSession) => Result): Promise<Result> {
    const { session } = await this.open()
    return look(session)
  }

  receive({ setCookie }: Answer): void {
    if (setCookie === undefined) return
    const [pair = ''] = setCookie.split(';')
    this.cookie = pair.endsWith('=') ? undefined : pair
  }
}

/** Leaves out what was not sent, so that a test sees at once what was. */
function readAnswer(headers: Headers, setCookie: string | undefined): Answer {
  const [vary, cacheControl] = [headers.get('vary'), headers.get('cache-control')]
  return {
    ...(setCookie !== undefined && { setCookie }),
    ...(vary !== null && { vary }),
    ...(cacheControl !== null && { cacheControl }),
  }
}

/** A request that changed something, whose commit waits on its way to the store until the test decides. */
export async function holdCommit(
  browser: Browser,
  store: ControlledStore,
  change: (session: LooseSession) => unknown,
): Promise<{ ending: Promise<Answer>; held: HeldCall }> {
  const visit = await browser.open()
  change(visit.session)
  store.plan('commit', 'hold')
  const ending = visit.conclude()
  return { ending, held: await store.held('commit') }
}

/** Lets everything run that does not wait for the clock or for a held call. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Moves the clock on in small steps until a promise has settled, for those that pause between attempts. */
export async function drive<Value>(
  clock: TestClock,
  promise: Promise<Value>,
  limit: number = 1900,
): Promise<Value> {
  let isSettled = false
  const done = () => void (isSettled = true)
  promise.then(done, done)
  for (let passed = 0; passed < limit; passed += 10) {
    await new Promise((resolve) => setImmediate(resolve))
    if (isSettled) break
    clock.advance(10)
  }
  return promise
}

/** The rows of a store, live ones only. */
export function rowsOf(rows: MemoryStore, clock: TestClock): readonly SessionRecord[] {
  const { records } = rows.enumerate(undefined, 10_000, clock.now()) as { records: readonly SessionRecord[] }
  return records
}

/** The only row of a store. */
export function rowOf(rows: MemoryStore, clock: TestClock): SessionRecord {
  const [row, ...others] = rowsOf(rows, clock)
  assert.ok(row, 'there is no row')
  assert.equal(others.length, 0, 'there is more than one row')
  return row
}

/** Writes to the only row behind the manager's back: what another version, or a broken disk, may leave. */
export function rewrite(rows: MemoryStore, clock: TestClock, change: Partial<RecordChange>): void {
  const row = rowOf(rows, clock)
  const commitIds = ['f'.repeat(16), ...row.commitIds].slice(0, 16)
  const expected = { version: row.version, commitId: row.commitIds[0] ?? '' }
  const isDone = rows.commit(
    row.key,
    expected,
    { ...row, version: row.version + 1, commitIds, ...change },
    clock.now(),
  )
  assert.equal(isDone, true)
}

export function typesOf(events: readonly SessionEvent[]): string[] {
  return events.map(({ type }) => type)
}

/** For `update`: one more than before. */
export function increment(value: unknown): number {
  return Number(value ?? 0) + 1
}
