import { AsyncLocalStorage } from 'node:async_hooks'
import { createSessionManager } from '../../../src/manager/create-session-manager.ts'
import type { SessionEvent } from '../../../src/manager/events.ts'
import type { SessionHeaders } from '../../../src/manager/request/headers.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import type { MemoryStore } from '../../../src/stores/memory.ts'
import { plainDecisions } from '../decisions.ts'
import type { Decisions } from '../decisions.ts'
import type { CallRecord, RequestRecord, Verb } from '../history.ts'
import type { Program, RequestPlan } from '../program.ts'
import { beginRecord } from './begin-record.ts'
import { fates, applyFate, weighFates } from './fates.ts'
import type { Remainder } from './fates.ts'
import { Ledger } from './ledger.ts'
import { ScheduledClock } from './scheduled-clock.ts'
import { scheduledStore } from './scheduled-store.ts'
import { serveRequest } from './serve-request.ts'
import { StoreCall } from './store-call.ts'

/** The options of every manager, besides store, clock and onEvent. */
export const options = { maxAge: '1h', idleTimeout: '10m', touchEvery: '1m', timeout: '2s' } as const

/** A server process: one manager. */
export interface ServerProcess {
  readonly manager: SessionManager<Record<string, unknown>>
  hasCrashed: boolean
}

/** A handler that waits for the scheduler. */
export interface Turn {
  readonly request: RequestRecord
  readonly go: () => void
}

/** A response on its way to the browser. */
export interface Delivery {
  readonly request: RequestRecord
  readonly headers: SessionHeaders
}

const current = new AsyncLocalStorage<RequestRecord>()

/** Browsers, processes, a store and a clock. Everything that passes between them waits for the scheduler. */
export class World {
  readonly program: Program
  readonly clock = new ScheduledClock()
  readonly ledger: Ledger
  readonly processes: ServerProcess[]
  readonly cookies: (string | undefined)[]
  readonly requests: RequestRecord[] = []
  readonly calls: CallRecord[] = []
  /** Store calls that wait for the scheduler. */
  readonly parked: {
    readonly call: StoreCall
    readonly rest: Remainder | 'fate'
    readonly process: ServerProcess
  }[] = []
  readonly turns: Turn[] = []
  readonly deliveries: Delivery[] = []
  readonly upcoming: RequestPlan[] = []
  phase: RequestRecord['phase'] = 'before'
  decisions: Decisions = plainDecisions
  faults: readonly number[] = [1]
  readonly note: (text: () => string) => void
  #at = 0

  constructor(program: Program, note: (text: () => string) => void = () => {}) {
    this.program = program
    this.note = note
    this.ledger = new Ledger(program.capacity, this.tick, () => this.clock.now)
    this.processes = Array.from({ length: program.processes }, (_, index) => this.createProcess(index))
    this.cookies = program.browsers.map(() => undefined)
  }

  readonly tick = (): number => (this.#at += 1)

  createProcess(index: number): ServerProcess {
    const owner = { hasCrashed: false }
    const store = scheduledStore((verb, key, run) => this.#carry(process, index, verb, key, run))
    const onEvent = (event: SessionEvent): void => this.#recordEvent(event)
    const manager = createSessionManager<Record<string, unknown>>({
      ...options,
      maxSessionsPerUser: this.program.limit,
      eager: this.program.eager,
      store,
      clock: this.clock.of(owner),
      onEvent,
    })
    const process = Object.assign(owner, { manager })
    return process
  }

  /** Whether calls from now on have faults, as often as the program says. */
  allowFaults(isAllowed: boolean): void {
    this.faults = isAllowed ? weighFates(this.program.faults) : [1]
  }

  start(plan: RequestPlan): void {
    const token = this.cookies[plan.browser]
    const record = beginRecord(this.requests.length, plan, this.phase, this.tick(), token)
    this.requests.push(record)
    const who = `request ${record.id} (browser ${plan.browser}, process ${plan.process})`
    this.note(() => `${who} starts ${token ? `with token ${nameOf(token)}` : 'without a cookie'}`)
    const process = this.processes[plan.process] as ServerProcess
    const context = {
      now: () => this.clock.now,
      tick: this.tick,
      turn: this.#turn,
      send: this.#send,
      note: this.note,
    }
    void current.run(record, () => serveRequest(context, process.manager, record))
  }

  deliver({ request, headers }: Delivery): void {
    const setCookie = headers.cookies[0]?.line
    request.deliveredAt = this.tick()
    const { token } = readSetCookie(setCookie)
    if (setCookie !== undefined) this.cookies[request.plan.browser] = token
    this.note(() => `browser ${request.plan.browser} receives response ${request.id}`)
  }

  /** Lets the next thing happen to a parked call. */
  decideFate(index: number): void {
    const [entry] = this.parked.splice(index, 1)
    if (!entry) return
    const { call, rest, process } = entry
    const fate = rest === 'fate' ? fates[this.decisions.choose(this.faults)] : undefined
    this.note(
      () => `${describeCall(call.record)}: ${fate ?? (rest === 'answer' ? 'its answer' : 'it')} arrives`,
    )
    if (rest === 'answer') call.answer()
    else if (rest === 'arrival') call.arrive()
    else if (fate) this.#park(call, process, applyFate(call, fate))
  }

  readonly #turn = (request: RequestRecord): Promise<void> =>
    new Promise((go) => {
      if (request.outcome !== 'abandoned' && request.outcome !== 'crashed') this.turns.push({ request, go })
    })

  readonly #send = (request: RequestRecord, headers: SessionHeaders): void => {
    const [cookie] = headers.cookies
    if (cookie !== undefined) {
      const { token } = readSetCookie(cookie.line)
      request.cookie = token === undefined ? 'cleared' : { token }
      this.note(() => `response ${request.id} ${token ? `sets token ${nameOf(token)}` : 'clears the cookie'}`)
    }
    this.deliveries.push({ request, headers })
  }

  #park(call: StoreCall, process: ServerProcess, rest: Remainder | 'fate'): void {
    if (rest) this.parked.push({ call, rest, process })
  }

  #carry(
    process: ServerProcess,
    index: number,
    verb: Verb,
    key: string,
    run: (rows: MemoryStore) => unknown,
  ): unknown {
    const request = current.getStore()
    const record: CallRecord = { verb, key, process: index, time: this.clock.now, request }
    const call = new StoreCall(record, () => this.ledger.apply(record, run))
    if (process.hasCrashed) return call
    this.calls.push(record)
    if (this.program.answers === 'at once' && this.phase === 'scheduled') {
      const fate = fates[this.decisions.choose(this.faults)] ?? 'answered'
      this.note(() => `${describeCall(record)}: ${fate}, at once`)
      if (fate === 'answered') return this.ledger.apply(record, run)
      if (fate === 'applied, answer lost') this.ledger.apply(record, run)
      if (fate === 'applied, answer lost' || fate === 'refused')
        throw new Error(`the store failed at ${verb}`)
      this.#park(call, process, applyFate(call, fate))
      return call
    }
    this.#park(call, process, 'fate')
    return call
  }

  #noteFailedTouch(handle: string | undefined, request: RequestRecord | undefined): void {
    const key = this.ledger.effects.find(({ before, after }) => (after ?? before)?.handle === handle)?.key
    const process = request?.plan.process
    const call = this.calls.findLast(
      (each) => each.verb === 'touch' && each.key === key && each.process === process,
    )
    if (call) call.hasFailed = true
  }

  #recordEvent(event: SessionEvent): void {
    const request = current.getStore()
    request?.events.push(event)
    if (event.type === 'failed' && event.during === 'touch') this.#noteFailedTouch(event.handle, request)
    if (event.type !== 'dropped' || !request) return
    this.note(() => `request ${request.id}: its changes are dropped, ${event.reason}`)
    const row = this.ledger.list().find(({ handle }) => handle === event.handle)
    request.drops.push({ reason: event.reason, at: this.tick(), time: this.clock.now, row })
  }
}

function readSetCookie(line: string | undefined): { token: string | undefined } {
  return { token: /^session_id=([0-9a-f]{64})/.exec(line ?? '')?.[1] }
}

function nameOf(token: string): string {
  return `${token.slice(0, 4)}…${token.slice(32, 36)}`
}

function describeCall({ request, verb }: CallRecord): string {
  return `request ${request?.id ?? '-'} calls ${verb}`
}
