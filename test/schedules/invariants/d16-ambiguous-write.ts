import { changesOf, isChange, isReplacing, isRotation, valuesOf, writersOf } from '../history.ts'
import type { Effect, History } from '../history.ts'
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
    for (const { key, process } of uniqueCalls(history)) yield* findDoubles(history, key, process)
  },
}

/** Each process with each session that it wrote to. */
function uniqueCalls({ effects }: History): readonly { key: string; process: number }[] {
  const pairs = new Map<string, { key: string; process: number }>()
  for (const { key, call, verb } of effects) {
    if (call && (verb === 'commit' || verb === 'create'))
      pairs.set(`${key} ${call.process}`, { key, process: call.process })
  }
  return [...pairs.values()]
}

/** A process writes those together that wait for one session, so it is asked for what all of them did. */
function* findDoubles(history: History, key: string, process: number): Iterable<string> {
  const own = changesOf(history, key).filter(({ call, after }) => call?.process === process && after)
  const writers = new Set(own.flatMap((effect) => writersOf(history, effect)))
  for (const request of history.requests) {
    if (request.plan.process === process && request.hash?.key === key) writers.add(request)
  }
  const steps = [...writers].flatMap((request) => request.steps)
  const most = {
    count: steps.filter(({ operation }) => operation === 'increment').length,
    right: steps.filter(({ operation }) => operation === 'transfer').length,
  }
  for (const name of ['count', 'right'] as const) {
    const read = (row: Effect['after']): number => Number(valuesOf(row)[name] ?? 0)
    const commits = own.filter(({ verb }) => verb === 'commit')
    const added = commits.reduce((sum, { before, after }) => sum + Math.max(0, read(after) - read(before)), 0)
    if (added > most[name]) yield `process ${process} counted '${name}' ${added} times, not ${most[name]}`
  }
  const replaced = own.filter(isReplacing).length
  const rotations = steps.filter(isRotation).length
  if (replaced > rotations) yield `process ${process} replaced a token ${replaced} times, not ${rotations}`
}
