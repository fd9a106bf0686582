import { isChange, isRotation, valuesOf } from '../history.ts'
import type { History, RequestRecord } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const ambiguousWrite: Invariant = {
  name: 'D16',
  claim:
    'a write whose answer is lost is applied once: no increment counts twice, no token is replaced twice',
  shape: {
    operations: ['increment', 'increment', 'increment', 'transfer', 'regenerate', 'save', 'set', 'login u1'],
    faults: [100, 300, 500],
    crashes: true,
  },
  *check(history) {
    const ids = new Set<string>()
    for (const effect of history.effects) {
      const id = effect.after?.commitIds[0]
      if (!isChange(effect) || !id || id === effect.before?.commitIds[0]) continue
      if (ids.has(effect.key + id)) yield 'one commit was applied twice'
      ids.add(effect.key + id)
    }
    for (const request of history.requests) yield* findDoubles(history, request)
  },
}

function* findDoubles(history: History, request: RequestRecord): Iterable<string> {
  const { steps } = request
  const most = {
    count: steps.filter(({ operation }) => operation === 'increment').length,
    right: steps.filter(({ operation }) => operation === 'transfer').length,
  }
  const rotations = steps.filter(isRotation).length
  const own = history.effects.filter(
    (effect) => effect.request === request && isChange(effect) && effect.after,
  )
  for (const key of new Set(own.map((effect) => effect.key))) {
    const ofKey = own.filter((effect) => effect.key === key)
    for (const name of ['count', 'right'] as const) {
      const read = (row: (typeof own)[number]['after']): number => Number(valuesOf(row)[name] ?? 0)
      const added = ofKey.reduce((sum, { before, after }) => sum + Math.max(0, read(after) - read(before)), 0)
      if (added > most[name])
        yield `request ${request.id} counted '${name}' ${added} times, not ${most[name]}`
    }
    const replaced = ofKey.filter(
      ({ before, after }) => before && before.verifierHash !== after?.verifierHash,
    )
    if (replaced.length > rotations)
      yield `request ${request.id} replaced the token ${replaced.length} times, not ${rotations}`
  }
}
