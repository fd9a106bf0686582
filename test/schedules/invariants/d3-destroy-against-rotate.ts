import { findLogout } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const destroyAgainstRotate: Invariant = {
  name: 'D3',
  claim: 'after an acknowledged logout neither the old nor the new token of the session opens anything',
  shape: {
    operations: ['regenerate', 'regenerate', 'login u1', 'logout', 'destroy', 'set', 'save'],
    start: ['session', 'user'],
    requests: 3,
    thief: true,
  },
  *check(history) {
    for (const request of history.requests) {
      const logout = request.phase === 'after' ? undefined : findLogout(history, request)
      if (!logout) continue
      for (const { hash, view } of history.probes) {
        if (hash.key === logout.key && !view.isNew)
          yield `a token still opens the session that request ${request.id} has ended`
      }
    }
  },
}
