import type { Invariant } from './invariant.ts'

export const abort: Invariant = {
  name: 'D18',
  claim: 'a request that is abandoned or fails blocks no other request, and no manager from closing',
  shape: {
    operations: [
      'set',
      'increment',
      'save',
      'consume',
      'login u1',
      'logout',
      'head',
      'save unawaited',
      'fail',
    ],
    abandons: true,
    crashes: true,
    faults: [0, 100, 300],
  },
  *check(history) {
    for (const request of history.requests) {
      if (request.outcome === 'running') yield `request ${request.id} never ends`
      const isUnreadable = request.viewError !== undefined && history.program.rewrites
      if (request.phase === 'after' && request.outcome !== 'answered' && !isUnreadable)
        yield `request ${request.id} fails after the store has recovered: ${String(request.error)}`
    }
    if (!history.isClosed) yield 'a manager cannot be closed'
  },
}
