import {
  changesOf,
  completedSteps,
  hasOpened,
  holds,
  isChange,
  isLogin,
  valuesOf,
  writersOf,
} from '../history.ts'
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
    for (const key of new Set(history.effects.map((effect) => effect.key))) yield* findUncounted(history, key)
    for (const effect of history.effects) if (isCommit(effect)) yield* findDamage(history, effect)
    for (const request of history.requests) yield* findUnexplainedDrops(history, request)
  },
}

function isCommit(effect: Effect): boolean {
  return effect.verb === 'commit' && isChange(effect)
}

const dataRemoving: ReadonlySet<Operation> = new Set<Operation>([
  'clear',
  'login u1',
  'login u2',
  'logout',
  'destroy',
])

/** The acknowledged steps after the last that may have removed data. */
function acknowledgedSteps(request: RequestRecord): Step[] {
  const last = request.steps.findLastIndex(({ operation }) => dataRemoving.has(operation))
  return completedSteps(request).filter(({ index, acknowledgedAt, isWithdrawn }) => {
    return acknowledgedAt !== undefined && !isWithdrawn && index > last
  })
}

/** Operations that were acknowledged although they were not stored. */
function* findMissing(history: History, request: RequestRecord): Iterable<string> {
  const all = history.effects.filter(isChange)
  for (const step of acknowledgedSteps(request)) {
    const stored = all.filter(({ at }) => at < (step.acknowledgedAt as number))
    const isLeft =
      step.operation === 'flash' && request.steps.some(({ operation }) => operation === 'take flash')
    if ((step.operation !== 'set' && step.operation !== 'flash') || isLeft) continue
    if (!stored.some(({ after }) => carries(request, step, valuesOf(after))))
      yield `request ${request.id} got '${step.operation}' acknowledged, but it was not saved`
  }
}

function carries({ id }: RequestRecord, { operation, index }: Step, after: Values): boolean {
  const name = `own-${id}-${index}`
  return operation === 'set' ? name in after : JSON.stringify(after['~flash'] ?? '').includes(`"${name}"`)
}

/**
 * Counts that were acknowledged although they were not stored. Those who wait for one session are written together,
 * so what one row counts is compared with what all of them were told.
 */
function* findUncounted(history: History, key: string): Iterable<string> {
  const changes = changesOf(history, key)
  // Who got no answer to a create has created another row.
  const by = changes.find(({ verb }) => verb === 'create')?.request
  const latest = history.calls.findLast(({ verb, request }) => verb === 'create' && request === by)
  const creator = latest?.key === key ? by : undefined
  const owners = history.requests.filter((request) => {
    if (request.steps.some(({ operation }) => dataRemoving.has(operation))) return false
    return request === creator || (request.hash?.key === key && hasOpened(history, request))
  })
  for (const [name, isCounted] of counters) {
    const steps = owners.flatMap((request) => acknowledgedSteps(request).filter(isCounted))
    for (const { acknowledgedAt } of steps) {
      const at = acknowledgedAt as number
      const told = steps.filter((each) => (each.acknowledgedAt as number) <= at).length
      const earlier = changes.filter((effect) => effect.at < at)
      const added = earlier.reduce((sum, { before, after }) => {
        return sum + (after ? Math.max(0, read(after, name) - read(before, name)) : 0)
      }, 0)
      if (told > added)
        yield `'${name}' was counted ${told} times for its requests, but ${added} times in the store`
    }
  }
}

const counters: readonly (readonly [name: string, isCounted: (step: Step) => boolean])[] = [
  ['count', ({ operation }) => operation === 'increment'],
  ['right', ({ operation, result }) => operation === 'transfer' && result === true],
]

function read(row: Effect['after'], name: string): number {
  return Number(valuesOf(row)[name] ?? 0)
}

type Values = Record<string, unknown>

/** Commits that changed values which none of their requests did change. */
function* findDamage(history: History, effect: Effect): Iterable<string> {
  const { before, after, request } = effect
  const writers = writersOf(history, effect)
  const operations = new Set(writers.flatMap(({ steps }) => steps.map(({ operation }) => operation)))
  const has = (...names: Operation[]): boolean => names.some((name) => operations.has(name))
  if (has('clear') || writers.some(({ steps }) => steps.some(isLogin))) return
  const [was, is] = [valuesOf(before), valuesOf(after)]
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (JSON.stringify(was[name]) === JSON.stringify(is[name])) continue
    const isAllowed =
      (writers.some(({ id }) => name.startsWith(`own-${id}-`)) && name in is) ||
      (name === 'shared' && has('set shared', 'delete shared')) ||
      (name === 'note' && has('take note', 'supply')) ||
      (name === 'grant' && has('grant', 'consume')) ||
      (name === 'count' && has('increment') && Number(is[name]) > Number(was[name] ?? 0)) ||
      (name === '~flash' && (has('take flash') || keepsAll(was[name], is[name]))) ||
      ((name === 'left' || name === 'right') && has('transfer', 'supply'))
    if (!isAllowed) yield `request ${request?.id} changed '${name}', which no operation of it changes`
  }
  if (stock(was) !== stock(is) && !has('supply'))
    yield `request ${request?.id} changed the sum of what is transferred`
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
  for (const { reason, row } of request.drops) {
    // A touch sent before the end may arrive after it, so the row that was absent can reappear.
    const isGone = row === undefined || history.program.jumpWeight > 0
    const isReplaced = isGone || !holds(history, request, row.verifierHash)
    if (reason === 'gone' ? !isGone : reason === 'replaced' && !isReplaced)
      yield `changes of request ${request.id} were dropped as ${reason}, but its session exists`
  }
}
