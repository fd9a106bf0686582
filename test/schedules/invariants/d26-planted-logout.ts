import type { SessionRecord } from '../../../src/contract/store.ts'
import { completedSteps, findLogout, isEnding, knownUsers, loadOf } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const plantedLogout: Invariant = {
  name: 'D26',
  claim: 'a logout ends the session of whom it had loaded, under any token, and the session of nobody else',
  shape: {
    operations: ['logout', 'logout', 'login u1', 'login u2', 'regenerate', 'save', 'read', 'revoke others'],
    start: ['session', 'user', 'user'],
    requests: 4,
    thief: true,
  },
  *check(history) {
    for (const { verb, before, after, key, request } of history.effects) {
      if (verb !== 'delete' || !before || after || !request) continue
      const isOwn = request.hash?.key !== key || request.view === undefined
      // A token that a soft rotation has replaced still ends the session of whoever has it.
      const loaded = loadOf(history, request)?.answer as SessionRecord | undefined
      const mayEnd =
        loaded?.previousVerifierHash === request.hash?.verifierHash && loaded?.userId === before.userId
      if (!isOwn && !mayEnd && !knownUsers(history, request, key).has(before.userId))
        yield `the logout of request ${request.id} ended a session of ${before.userId ?? 'nobody'}, which it had not loaded`
    }
    for (const request of history.requests) {
      const logout = findLogout(history, request)
      const ending = completedSteps(request).findLast(isEnding)
      if (!logout || !ending) continue
      const row = history.effects.findLast(({ key, at }) => key === logout.key && at < logout.at)?.after
      if (row) yield `the logout of request ${request.id} was acknowledged, but its session is still stored`
    }
  },
}
