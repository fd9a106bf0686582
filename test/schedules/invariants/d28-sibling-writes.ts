import { authorOf, isChange, isEnding, isReplacing, valuesOf } from '../history.ts'
import type { Effect, History, RequestRecord } from '../history.ts'
import { isAwaited } from '../world/perform.ts'
import type { Operation } from '../program.ts'
import { rotatesOnlySoftly } from './d25-thief.ts'
import type { Invariant } from './invariant.ts'

/** For so long a request that loaded before a soft rotation keeps its changes, less the time that calls may take. */
const keptFor = 50_000

export const siblingWrites: Invariant = {
  name: 'D28',
  claim:
    'after a soft rotation the changes of requests that loaded before it are saved for a minute; those that are refused change nothing',
  shape: {
    operations: ['regenerate', 'set', 'set', 'increment', 'save', 'flash', 'transfer', 'read', 'set shared'],
    start: ['session', 'user'],
    faults: [0, 0, 60],
    requests: 5,
  },
  *check(history) {
    for (const effect of history.effects) {
      if (isReplacing(effect) && authorOf(history, effect)?.steps.every(isHarmless))
        yield* findRefused(history, effect)
    }
    for (const request of history.requests) yield* findRefusedWrites(history, request)
  },
}

const harmless: ReadonlySet<Operation> = new Set<Operation>([
  'regenerate',
  'set',
  'increment',
  'flash',
  'transfer',
  'read',
  'set shared',
  'save',
])

function isHarmless({ operation }: { operation: Operation }): boolean {
  return harmless.has(operation)
}

/** Siblings whose changes were dropped although nothing but one soft rotation has happened since they loaded. */
function* findRefused(history: History, rotation: Effect): Iterable<string> {
  const ofKey = history.effects.filter(({ key }) => key === rotation.key)
  for (const request of history.requests) {
    if (request.hash?.verifierHash !== rotation.before?.verifierHash || request.view?.isNew !== false)
      continue
    const until = request.respondedAt ?? Infinity
    const rivals = ofKey.filter(
      (effect) => isReplacing(effect) && effect.at < until && authorOf(history, effect) !== request,
    )
    const isEnded = ofKey.some(({ at, after, verb }) => at < until && (!after || verb === 'rewrite'))
    if (rivals.length !== 1 || rivals[0] !== rotation || isEnded || !request.steps.every(isHarmless)) continue
    const late = request.drops.find(
      ({ reason, time }) =>
        reason === 'replaced' && time - (rotation.after?.rotatedAt ?? rotation.time) < keptFor,
    )
    if (late)
      yield `changes of request ${request.id} were dropped because of a regenerateId of request ${authorOf(history, rotation)?.id}`
  }
}

/** A request that failed as a whole because its changes were dropped has left nothing in any row. */
function* findRefusedWrites(history: History, request: RequestRecord): Iterable<string> {
  const isWhole = request.steps.every(
    ({ operation }) => !isAwaited(operation) && operation !== 'save unawaited',
  )
  // Whose answer was lost may have been saved before the session ended.
  const isDropped = request.drops.some(({ reason }) => reason === 'replaced')
  if (request.outcome !== 'failed' || !isDropped || !isWhole || request.steps.some(isEnding)) return
  if (!rotatesOnlySoftly(request)) return
  for (const { after } of history.effects.filter(isChange)) {
    for (const { index, operation } of request.steps) {
      if (operation === 'set' && `own-${request.id}-${index}` in valuesOf(after))
        yield `request ${request.id} was told that nothing was saved, but its 'set' is stored`
    }
  }
}
