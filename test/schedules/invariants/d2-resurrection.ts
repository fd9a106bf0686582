import { completedSteps, findLogout, hasOpened, isEnding, valuesOf } from '../history.ts'
import type { History, RequestRecord } from '../history.ts'
import type { Invariant } from './invariant.ts'

/** How long the manager waits for a store call. */
const timeout = 2000

export const resurrection: Invariant = {
  name: 'D2',
  claim:
    'a removed session never comes back; no call made after the end of a session changes it; nothing opens it after an acknowledged logout',
  shape: {
    operations: [
      ...(['set', 'increment', 'login u1', 'regenerate', 'consume', 'save', 'save unawaited'] as const),
      ...(['read', 'flash', 'head', 'logout', 'logout', 'destroy', 'destroy', 'fail'] as const),
    ],
    sequence: ['set', 'save unawaited', 'logout'],
    start: ['visitor', 'session', 'user', 'user'],
    thief: true,
    abandons: true,
  },
  *check(history) {
    yield* findReturned(history)
    for (const request of history.requests) {
      yield* findLiveAfterEnding(history, request)
      yield* findWithdrawn(history, request)
    }
  },
}

/** Rows that were removed and exist again. A call sent before the end may still arrive after it. */
function* findReturned({ effects }: History): Iterable<string> {
  const removed = new Set<string>()
  const ends = new Map<string, number>()
  for (const { key, verb, before, after, call } of effects) {
    if (after && removed.has(key)) yield `a removed session is back after '${verb}'`
    if (before && !after) removed.add(key)
    const end = ends.get(key) ?? Infinity
    const isMoved = before !== undefined && after !== undefined && before !== after && verb !== 'rewrite'
    if (isMoved && call && call.time >= end) yield `an ended session is changed by '${verb}'`
    if (after) ends.set(key, Math.min(after.idleExpiresAt, after.endsAt))
  }
}

function* findLiveAfterEnding(history: History, request: RequestRecord): Iterable<string> {
  const logout = findLogout(history, request)
  if (!logout) return
  const { key, at: acknowledgedAt } = logout
  for (const effect of history.effects.filter(({ at }) => at > acknowledgedAt)) {
    if (effect.key === key && (effect.before ?? effect.after))
      yield `after the logout of request ${request.id} was acknowledged, '${effect.verb}' found its session`
  }
  for (const other of history.requests) {
    if (other.startedAt < acknowledgedAt || other.hash?.key !== key || !other.view) continue
    if (hasOpened(history, other))
      yield `request ${other.id} saw the session that request ${request.id} had ended`
  }
}

/** What it wrote before must be gone too, saved or not. Only a creation that timed out may arrive later: its token is never sent. */
function* findWithdrawn(history: History, request: RequestRecord): Iterable<string> {
  const ending = completedSteps(request).findLast(isEnding)
  if (!ending || request.respondedAt === undefined || request.outcome === 'failed') return
  // After the head a failure is only an event.
  if (ending.acknowledgedAt === undefined && request.outcome !== 'thrown') return
  if (findLogout(history, request) === undefined && request.view?.isNew === false) return
  if (hasGivenUpCreation(history, request)) return
  const rows = new Map(
    history.effects.filter(({ at }) => at < history.quietAt).map((effect) => [effect.key, effect.after]),
  )
  for (const [key, row] of rows) {
    // A login of another request may have gone on with a copy, in a session of its own.
    const by = history.effects.find((effect) => effect.key === key && effect.verb === 'create')?.request
    if (by !== request && key !== request.hash?.key) continue
    for (const { index } of request.steps.filter(({ index }) => index < ending.index)) {
      if (`own-${request.id}-${index}` in valuesOf(row))
        yield `what request ${request.id} wrote before its logout is still stored`
    }
  }
}

function hasGivenUpCreation({ calls, effects }: History, request: RequestRecord): boolean {
  const creations = calls.filter((call) => call.request === request && call.verb === 'create')
  const isLate = effects.some(
    ({ call, time }) => call && creations.includes(call) && time - call.time >= timeout,
  )
  return creations.length > 1 || isLate
}
