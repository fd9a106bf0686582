import { valuesOf } from '../history.ts'
import type { History, RequestRecord, Step } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const doubleConsume: Invariant = {
  name: 'D9',
  claim:
    'of the requests that consume a value of one session exactly one gets it, and none is refused while it exists',
  shape: {
    operations: ['consume', 'consume', 'consume', 'grant', 'set', 'increment', 'save unawaited', 'fail'],
    start: ['session', 'session', 'user', 'visitor'],
    abandons: true,
  },
  *check(history) {
    const winners = new Map<string, RequestRecord>()
    for (const request of history.requests) {
      for (const step of request.steps) {
        if (step.operation !== 'consume' || step.endedAt === undefined || step.error !== undefined) continue
        if (step.result === undefined) yield* findRefused(history, request, step)
        else {
          const place = `${String(step.result)} ${sessionOf(history, request, step)}`
          const rival = winners.get(place)
          if (rival) yield `requests ${rival.id} and ${request.id} both got ${String(step.result)}`
          winners.set(place, request)
        }
      }
    }
  },
}

/** Where a step has found the value: a login that was clicked twice goes on with a copy in a session of its own. */
function sessionOf({ effects }: History, request: RequestRecord, { endedAt }: Step): string | undefined {
  const own = effects.findLast(
    ({ verb, request: by, at }) => verb === 'create' && by === request && at < (endedAt ?? 0),
  )
  return own?.key ?? request.hash?.key
}

/** Calls that returned nothing although the value existed before and after. */
function* findRefused(history: History, request: RequestRecord, step: Step): Iterable<string> {
  if (request.drops.length > 0 || request.hash === undefined || request.view?.isNew !== false) return
  // A login may have gone on with a session of its own.
  if (history.effects.some(({ verb, request: by }) => verb === 'create' && by === request)) return
  if (request.steps.some(({ operation }) => operation === 'logout' || operation === 'destroy')) return
  const ofSession = history.effects.filter(({ key }) => key === request.hash?.key)
  const until = (at: number) => ofSession.findLast((effect) => effect.at < at)?.after
  const before = valuesOf(until(step.startedAt))['grant']
  const after = valuesOf(until(step.endedAt as number))['grant']
  if (before !== undefined && before === after)
    yield `request ${request.id} was refused although the value exists`
}
