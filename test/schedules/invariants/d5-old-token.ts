import { recordFormat } from '../../../src/contract/record.ts'
import type { SessionRecord } from '../../../src/contract/store.ts'
import { isChange, loadOf } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const oldToken: Invariant = {
  name: 'D5',
  claim:
    'a replaced token opens nothing, changes nothing but that it may end a session within a minute of a soft rotation, and is reported in one event',
  shape: {
    operations: ['regenerate', 'login u1', 'login u2', 'set', 'logout', 'read', 'save', 'consume'],
    start: ['session', 'user'],
    thief: true,
  },
  *check(history) {
    for (const request of history.requests) {
      const row = loadOf(history, request)?.answer as SessionRecord | undefined
      if (!row || !request.view || row.verifierHash === request.hash?.verifierHash) continue
      if ((!request.view.isNew && !history.program.eager) || request.view.userId !== undefined)
        yield `request ${request.id} saw a session with a replaced token`
      const { rotatedAt, previousVerifierHash } = row
      const loadedAt = loadOf(history, request)?.call?.time ?? 0
      const isReadable = row.format === recordFormat
      const isRecent = isReadable && rotatedAt !== undefined && loadedAt - rotatedAt < 60_000
      const reports = request.events.filter(
        (event) => event.type === 'rejected' && event.reason === (isRecent ? 'replaced' : 'wrong-verifier'),
      )
      if (reports.length !== 1)
        yield `request ${request.id} with an old token emitted ${reports.length} events`
      const mayEnd = previousVerifierHash === request.hash?.verifierHash
      const changed = history.effects.some((effect) => {
        const isOwn = effect.request === request && effect.key === request.hash?.key && isChange(effect)
        return isOwn && !(effect.verb === 'delete' && isRecent && mayEnd)
      })
      if (changed) yield `request ${request.id} changed a session with a replaced token`
    }
  },
}
