import type { SessionRecord } from '../../../src/store.ts'
import { isChange, loadOf } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const oldToken: Invariant = {
  name: 'D5',
  claim: 'a replaced token opens nothing, changes nothing, and is reported in one event',
  shape: {
    operations: ['regenerate', 'login u1', 'login u2', 'set', 'logout', 'read', 'save', 'consume'],
    start: ['session', 'user'],
    thief: true,
  },
  *check(history) {
    for (const request of history.requests) {
      const row = loadOf(history, request)?.answer as SessionRecord | undefined
      if (!row || !request.view || row.verifierHash === request.hash?.verifierHash) continue
      if (!request.view.isNew || request.view.userId !== undefined)
        yield `request ${request.id} saw a session with a replaced token`
      const reports = request.events.filter(
        (event) => event.type === 'rejected' && event.reason === 'wrong-verifier',
      )
      if (reports.length !== 1)
        yield `request ${request.id} with an old token emitted ${reports.length} events`
      const changed = history.effects.some((effect) => {
        return effect.request === request && effect.key === request.hash?.key && isChange(effect)
      })
      if (changed) yield `request ${request.id} changed a session with a replaced token`
    }
  },
}
