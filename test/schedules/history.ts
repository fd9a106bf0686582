import type { SessionEvent } from '../../src/manager/events.ts'
import { hashToken } from '../../src/id/hash.ts'
import type { TokenHashes } from '../../src/id/hash.ts'
import { recordFormat } from '../../src/contract/record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import type { Operation, Program, RequestPlan } from './program.ts'

export type Verb = 'create' | 'read' | 'commit' | 'touch' | 'delete' | 'deleteByUser'

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
  /** Whether a save has failed since, and told so, that may have included it. */
  isRefused: boolean
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
  readonly reason: string
  readonly at: number
  /** In milliseconds since 1970. */
  readonly time: number
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
  /** Whether the manager has told that it failed. */
  hasFailed?: true
}

/** What a store call did when it reached the store. */
export interface Effect {
  readonly at: number
  readonly time: number
  readonly call: CallRecord | undefined
  readonly verb: Verb | 'rewrite' | 'evict' | 'revoke'
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
  return row && row.format === recordFormat ? (JSON.parse(row.data) as Record<string, unknown>) : {}
}

export function isChange(effect: Effect): boolean {
  return effect.before !== effect.after
}

const endings: ReadonlySet<Operation> = new Set<Operation>(['logout', 'destroy'])
const rotations: ReadonlySet<Operation> = new Set<Operation>([
  'login u1',
  'login u2',
  'regenerate',
  'revoke others',
])

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

/** A logout that was acknowledged, of a session that the request had opened. */
export interface Logout {
  readonly key: string
  /** When it was acknowledged. */
  readonly at: number
}

/**
 * The session that an acknowledged logout must have ended. Not one that another user has signed in on meanwhile: that
 * is no longer the session which the request had opened.
 */
export function findLogout(history: History, request: RequestRecord): Logout | undefined {
  const ending = completedSteps(request).findLast(isEnding)
  const at = ending?.acknowledgedAt ?? (request.outcome === 'thrown' ? request.respondedAt : undefined)
  if (ending === undefined || at === undefined) return undefined
  // A login may have left the session that was loaded for one of its own.
  const isCreation = (effect: Effect): boolean => effect.verb === 'create' && effect.request === request
  const own = history.effects.findLast((effect) => isCreation(effect) && effect.at < ending.startedAt)
  const key = own?.key ?? (hasOpened(history, request) ? request.hash?.key : undefined)
  if (key === undefined) return undefined
  const isOthers = history.effects.some(({ verb, request: by, key: of, before, after }) => {
    const isLeft =
      verb === 'delete' && by === request && of === key && before !== undefined && after !== undefined
    return isLeft && !knownUsers(history, request, key).has(before.userId)
  })
  return isOthers ? undefined : { key, at }
}

/** Whose the session of a key was when the request loaded it, and after each of its own writes. */
export function knownUsers(
  history: History,
  request: RequestRecord,
  key: string,
): ReadonlySet<string | undefined> {
  const users = new Set<string | undefined>()
  if (request.hash?.key === key && request.view?.isNew === false) users.add(request.view.userId)
  for (const effect of history.effects) {
    if (effect.key === key && authorOf(history, effect) === request) users.add(effect.after?.userId)
  }
  return users
}

/** Whether the request's token opened the row that its first read found. */
export function hasOpened(history: History, request: RequestRecord): boolean {
  const row = loadOf(history, request)?.answer as SessionRecord | undefined
  return row !== undefined && request.view !== undefined && row.verifierHash === request.hash?.verifierHash
}

/** The hashes of a token in the realm of every manager here. */
export function hashOf(token: string): TokenHashes {
  const known = hashes.get(token)
  if (known) return known
  if (hashes.size > 1000) hashes.clear()
  const hashed = hashToken('session_id', token)
  hashes.set(token, hashed)
  return hashed
}

/** Invariants ask for the same few tokens again and again. */
const hashes = new Map<string, TokenHashes>()

/** Whether one of the tokens that the request sent or was given has this verifier. */
export function holds(
  { effects }: History,
  request: RequestRecord,
  verifierHash: string | undefined,
): boolean {
  if (verifierHash === undefined) return false
  if (request.hash?.verifierHash === verifierHash) return true
  if (request.shown.some((token) => hashOf(token).verifierHash === verifierHash)) return true
  return effects.some((effect) => {
    return (
      effect.verb === 'create' && effect.request === request && effect.after?.verifierHash === verifierHash
    )
  })
}

/** Whether a call has replaced the token of a stored session. */
export function isReplacing({ verb, before, after }: Effect): boolean {
  return (
    verb === 'commit' &&
    before !== undefined &&
    after !== undefined &&
    before.verifierHash !== after.verifierHash
  )
}

/** The request that made the token which a row got with this effect. */
export function authorOf(
  { requests }: History,
  { verb, request, after, before }: Effect,
): RequestRecord | undefined {
  if (verb === 'create') return request
  if (!after || after.verifierHash === before?.verifierHash) return undefined
  const author = requests.find(({ shown }) =>
    shown.some((token) => hashOf(token).verifierHash === after.verifierHash),
  )
  // A request that was abandoned may have got a token that it never looked at.
  return author ?? (request?.steps.some(isRotation) ? request : undefined)
}

/**
 * The requests that an effect may have been for: a process writes those together that wait for one session, in the
 * turn of any of them.
 */
export function writersOf(history: History, effect: Effect): readonly RequestRecord[] {
  const { call, request, key, at, verb } = effect
  if (verb !== 'commit' || !call) return request ? [request] : []
  const author = authorOf(history, effect)
  if (author) return [author]
  const created = new Set(
    history.effects.filter((each) => each.key === key && each.verb === 'create').map((each) => each.request),
  )
  return history.requests.filter((each) => {
    const isNear = each.plan.process === call.process && each.startedAt < at
    return isNear && (each === request || each.hash?.key === key || created.has(each))
  })
}

/** The requests of which an effect has stored a value for the first time. */
export function namedWriters({ requests }: History, { before, after }: Effect): readonly RequestRecord[] {
  const was = JSON.stringify(valuesOf(before))
  const names = JSON.stringify(valuesOf(after)).match(/own-\d+-\d+/g) ?? []
  const ids = new Set(
    names.filter((name) => !was.includes(`"${name}"`)).map((name) => Number(name.split('-')[1])),
  )
  return requests.filter(({ id }) => ids.has(id))
}

/** Changes of a session, in order. */
export function changesOf({ effects }: History, key: string | undefined): readonly Effect[] {
  return effects.filter((effect) => effect.key === key && isChange(effect))
}

/** The row of a key just before an instant. */
export function rowAt({ effects }: History, key: string, at: number): SessionRecord | undefined {
  return effects.findLast((effect) => effect.key === key && effect.at < at)?.after
}
