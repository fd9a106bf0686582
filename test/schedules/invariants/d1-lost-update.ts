import { completedSteps, isChange, isLogin, valuesOf } from '../history.ts'
import type { Effect, History, RequestRecord, Step } from '../history.ts'
import type { Operation } from '../program.ts'
import type { Invariant } from './invariant.ts'

export const lostUpdate: Invariant = {
  name: 'D1',
  claim: 'every acknowledged write is already in the store, and no other request removes it',
  shape: {
    operations: [
      ...(['set', 'set', 'increment', 'increment', 'transfer', 'flash', 'take flash', 'save'] as const),
      ...(['save unawaited', 'set shared', 'delete shared', 'take note', 'head', 'read', 'fail'] as const),
    ],
  },
  *check(history) {
    for (const request of history.requests) yield* findMissing(history, request)
    for (const effect of history.effects) if (isCommit(effect)) yield* findDamage(effect)
    for (const request of history.requests) yield* findUnexplainedDrops(history, request)
  },
}

function isCommit(effect: Effect): effect is Effect & { request: RequestRecord } {
  return effect.verb === 'commit' && isChange(effect) && effect.request !== undefined
}

const dataRemoving: ReadonlySet<Operation> = new Set<Operation>([
  'clear',
  'login u1',
  'login u2',
  'logout',
  'destroy',
])

/** Operations that were acknowledged although the request had not stored them. */
function* findMissing(history: History, request: RequestRecord): Iterable<string> {
  const last = request.steps.findLastIndex(({ operation }) => dataRemoving.has(operation))
  const steps = completedSteps(request).filter(({ index, acknowledgedAt, isWithdrawn }) => {
    return acknowledgedAt !== undefined && !isWithdrawn && index > last
  })
  const own = history.effects.filter((effect) => effect.request === request && isChange(effect))
  for (const step of steps) {
    const stored = own.filter(({ at }) => at < (step.acknowledgedAt as number))
    const isLeft =
      step.operation === 'flash' && request.steps.some(({ operation }) => operation === 'take flash')
    if (!leavesTrace(step) || isLeft) continue
    if (!stored.some(({ before, after }) => carries(request, step, valuesOf(before), valuesOf(after))))
      yield `request ${request.id} got '${step.operation}' acknowledged, but it was not saved`
  }
  if (last !== -1) return
  const counted = steps.filter(({ operation }) => operation === 'increment').length
  const added = own.reduce((sum, { before, after }) => sum + (after ? count(after) - count(before) : 0), 0)
  if (counted > added)
    yield `request ${request.id} got ${counted} increments acknowledged, but ${added} were saved`
}

function count(row: Effect['after']): number {
  return Number(valuesOf(row)['count'] ?? 0)
}

type Values = Record<string, unknown>

function leavesTrace({ operation, result }: Step): boolean {
  return operation === 'set' || operation === 'flash' || (operation === 'transfer' && result === true)
}

function carries({ id }: RequestRecord, { operation, index }: Step, before: Values, after: Values): boolean {
  const name = `own-${id}-${index}`
  if (operation === 'set') return name in after
  if (operation === 'flash') return JSON.stringify(after['~flash'] ?? '').includes(`"${name}"`)
  return before['right'] !== after['right']
}

/** Commits that changed values which their request did not change. */
function* findDamage({ before, after, request }: Effect & { request: RequestRecord }): Iterable<string> {
  const operations = new Set(request.steps.map(({ operation }) => operation))
  const has = (...names: Operation[]): boolean => names.some((name) => operations.has(name))
  if (has('clear') || request.steps.some(isLogin)) return
  const [was, is] = [valuesOf(before), valuesOf(after)]
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (JSON.stringify(was[name]) === JSON.stringify(is[name])) continue
    const isAllowed =
      (name.startsWith(`own-${request.id}-`) && name in is) ||
      (name === 'shared' && has('set shared', 'delete shared')) ||
      (name === 'note' && has('take note')) ||
      (name === 'grant' && has('grant', 'consume')) ||
      (name === 'count' && has('increment') && Number(is[name]) > Number(was[name] ?? 0)) ||
      (name === '~flash' && (has('take flash') || keepsAll(was[name], is[name]))) ||
      ((name === 'left' || name === 'right') && has('transfer'))
    if (!isAllowed) yield `request ${request.id} changed '${name}', which no operation of it changes`
  }
  if (stock(was) !== stock(is)) yield `request ${request.id} changed the sum of what is transferred`
}

function stock(values: Values): number {
  return Number(values['left'] ?? 0) + Number(values['right'] ?? 0)
}

function keepsAll(was: unknown, is: unknown): boolean {
  const ids = JSON.stringify(was ?? '').match(/own-\d+-\d+/g) ?? []
  return ids.every((id) => JSON.stringify(is ?? '').includes(`"${id}"`))
}

/** Changes that were dropped although the session existed and the token was current. */
function* findUnexplainedDrops(history: History, request: RequestRecord): Iterable<string> {
  for (const { reason, at, row } of request.drops) {
    // A touch sent before the end may arrive after it, so the row that was absent can reappear.
    const isGone = row === undefined || history.program.jumpWeight > 0
    const isReplaced = isGone || row.verifierHash !== verifierOf(history, request, row.key, at)
    if (reason === 'gone' ? !isGone : reason === 'replaced' && !isReplaced)
      yield `changes of request ${request.id} were dropped as ${reason}, but its session exists`
  }
}

/** The verifier that a request relies on: the last one it stored itself, or the one it presented. */
function verifierOf(
  { effects }: History,
  request: RequestRecord,
  key: string,
  until: number,
): string | undefined {
  const own = effects.findLast((effect) => {
    const isOwn = effect.request === request && effect.key === key && effect.at < until && isChange(effect)
    return isOwn && effect.after?.verifierHash !== effect.before?.verifierHash
  })
  return own?.after?.verifierHash ?? request.hash?.verifierHash
}
