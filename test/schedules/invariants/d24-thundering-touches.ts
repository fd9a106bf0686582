import { isChange } from '../history.ts'
import type { Invariant } from './invariant.ts'

const touchEvery = 60_000

export const thunderingTouches: Invariant = {
  name: 'D24',
  claim:
    'a process touches a session at most once per touchEvery; instants only move forward, never past endsAt',
  shape: {
    operations: ['read', 'read', 'set', 'increment', 'save'],
    start: ['session', 'user'],
    jumpWeight: [1, 2, 3],
    requests: 8,
  },
  *check(history) {
    const last = new Map<string, number>()
    for (const { verb, key, process, time, hasFailed } of history.calls) {
      // A restarted process remembers nothing.
      if (verb !== 'touch' || history.program.crashes) continue
      const before = last.get(`${process} ${key}`)
      if (before !== undefined && time - before < touchEvery)
        yield `process ${process} touched a session twice within ${time - before} ms`
      // One that failed is forgotten at once, so that the next request sends another.
      if (hasFailed) last.delete(`${process} ${key}`)
      else last.set(`${process} ${key}`, time)
    }
    for (const effect of history.effects) {
      const { verb, before, after } = effect
      if (!before || !after || !isChange(effect) || verb === 'rewrite') continue
      if (after.lastSeenAt < before.lastSeenAt) yield `'${verb}' moved lastSeenAt back`
      if (after.idleExpiresAt > after.endsAt) yield `'${verb}' moved idleExpiresAt past endsAt`
      const isSame = after.version === before.version && after.data === before.data
      if (verb === 'touch' && (!isSame || after.verifierHash !== before.verifierHash))
        yield 'a touch changed more than the two instants'
      if (verb === 'touch' && after.idleExpiresAt < before.idleExpiresAt) yield 'a touch shortened a session'
    }
  },
}
