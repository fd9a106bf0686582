import { valuesOf } from '../history.ts'
import type { History, RequestRecord, Step } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const doubleConsume: Invariant = {
  name: 'D9',
  claim: 'of the requests that consume a value exactly one gets it, and none is refused while it exists',
  shape: {
    operations: ['consume', 'consume', 'consume', 'grant', 'set', 'increment', 'save unawaited', 'fail'],
    start: ['session', 'session', 'user', 'visitor'],
    abandons: true,
  },
  *check(history) {
    const winners = new Map<unknown, RequestRecord>()
    for (const request of history.requests) {
      for (const step of request.steps) {
        if (step.operation !== 'consume' || step.endedAt === undefined || step.error !== undefined) continue
        if (step.result === undefined) yield* findRefused(history, request, step)
        else if (winners.has(step.result))
          yield `requests ${winners.get(step.result)?.id} and ${request.id} both got ${String(step.result)}`
        else winners.set(step.result, request)
      }
    }
  },
}

/** Calls that returned nothing although the value existed before and after. */
function* findRefused(history: History, request: RequestRecord, step: Step): Iterable<string> {
  if (request.drops.length > 0 || request.hash === undefined || request.view?.isNew !== false) return
  if (request.steps.some(({ operation }) => operation === 'logout' || operation === 'destroy')) return
  const ofSession = history.effects.filter(({ key }) => key === request.hash?.key)
  const until = (at: number) => ofSession.findLast((effect) => effect.at < at)?.after
  const before = valuesOf(until(step.startedAt))['grant']
  const after = valuesOf(until(step.endedAt as number))['grant']
  if (before !== undefined && before === after)
    yield `request ${request.id} was refused although the value exists`
}
