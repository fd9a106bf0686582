import type { SessionEvent } from '../../src/manager/events.ts'
import type { TokenHashes } from '../../src/id/token-hash-cache.ts'
import type { SessionRecord } from '../../src/store.ts'
import type { Operation, Program, RequestPlan } from './program.ts'

export type Verb = 'create' | 'read' | 'commit' | 'touch' | 'delete'

/** What a handler saw of its session. */
export interface View {
  readonly isNew: boolean
  readonly handle: string
  readonly userId: string | undefined
  readonly values: Readonly<Record<string, unknown>>
}

/** An operation that was run. */
export interface Step {
  readonly operation: Operation
  readonly index: number
  readonly startedAt: number
  endedAt: number | undefined
  result?: unknown
  error?: unknown
  /** When its save was acknowledged. */
  acknowledgedAt: number | undefined
  /** Whether the session was ended afterwards, so that the operation need not be saved. */
  isWithdrawn: boolean
}

export type Outcome = 'running' | 'answered' | 'thrown' | 'failed' | 'abandoned' | 'crashed'

/** A request, as far as it got. Instants are positions in the schedule, not milliseconds. */
export interface RequestRecord {
  readonly id: number
  readonly plan: RequestPlan
  readonly phase: 'before' | 'scheduled' | 'after'
  readonly startedAt: number
  readonly token: string | undefined
  readonly hash: TokenHashes | undefined
  view: View | undefined
  viewError: unknown
  readonly steps: Step[]
  outcome: Outcome
  respondedAt: number | undefined
  /** The token in the response's Set-Cookie, or `'cleared'`. */
  cookie: { readonly token: string } | 'cleared' | undefined
  deliveredAt: number | undefined
  error: unknown
  readonly events: SessionEvent[]
  readonly drops: Drop[]
  /** The tokens that `session.id` returned. */
  readonly shown: string[]
  /** How many milliseconds each call of the manager took. */
  readonly waits: number[]
}

/** A `dropped` event, with the row of the session at that moment. */
export interface Drop {
  readonly reason: 'gone' | 'replaced' | 'late'
  readonly at: number
  readonly row: SessionRecord | undefined
}

/** A store call that was made. */
export interface CallRecord {
  readonly verb: Verb
  readonly key: string
  readonly process: number
  /** The time at the manager when it made the call. */
  readonly time: number
  readonly request: RequestRecord | undefined
}

/** What a store call did when it reached the store. */
export interface Effect {
  readonly at: number
  readonly time: number
  readonly call: CallRecord | undefined
  readonly verb: Verb | 'rewrite' | 'evict'
  readonly key: string
  readonly request: RequestRecord | undefined
  readonly before: SessionRecord | undefined
  readonly after: SessionRecord | undefined
  readonly answer: unknown
}

/** What a token opens at the end. Every token ever seen is tried. */
export interface Probe {
  readonly token: string
  readonly hash: TokenHashes
  readonly view: View
}

/** Everything that an invariant may check. */
export interface History {
  readonly program: Program
  readonly requests: readonly RequestRecord[]
  readonly calls: readonly CallRecord[]
  readonly effects: readonly Effect[]
  /** What the tokens opened when everything had settled, before the requests of phase `after`. */
  readonly probes: readonly Probe[]
  /** When everything had settled. */
  readonly quietAt: number
  /** The token that each browser held at `quietAt`. */
  readonly held: readonly (string | undefined)[]
  /** Whether the managers could be closed at the end. */
  readonly isClosed: boolean
  readonly unhandled: readonly unknown[]
}

/** The values of a row; empty if there is no row. */
export function valuesOf(row: SessionRecord | undefined): Record<string, unknown> {
  return row && row.format === 1 ? (JSON.parse(row.data) as Record<string, unknown>) : {}
}

export function isChange(effect: Effect): boolean {
  return effect.before !== effect.after
}

const endings: ReadonlySet<Operation> = new Set<Operation>(['logout', 'destroy'])
const rotations: ReadonlySet<Operation> = new Set<Operation>(['login u1', 'login u2', 'regenerate'])

export function isEnding({ operation }: { operation: Operation }): boolean {
  return endings.has(operation)
}

export function isRotation({ operation }: { operation: Operation }): boolean {
  return rotations.has(operation)
}

export function isLogin({ operation }: { operation: Operation }): boolean {
  return operation === 'login u1' || operation === 'login u2'
}

/** The steps that completed without throwing. */
export function completedSteps(request: RequestRecord): Step[] {
  return request.steps.filter((step) => step.endedAt !== undefined && step.error === undefined)
}

/** The effect of the request's first read, if it reached the store. */
export function loadOf(history: History, request: RequestRecord): Effect | undefined {
  if (request.token === undefined) return undefined
  return history.effects.find((effect) => effect.request === request && effect.verb === 'read')
}

/** Whether the request's token opened the row that its first read found. */
export function hasOpened(history: History, request: RequestRecord): boolean {
  const row = loadOf(history, request)?.answer as SessionRecord | undefined
  return row !== undefined && request.view !== undefined && row.verifierHash === request.hash?.verifierHash
}
