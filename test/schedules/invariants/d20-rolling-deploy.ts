import { SessionDecodeError, SessionStoreError } from '../../../src/contract/errors.ts'
import { recordFormat } from '../../../src/contract/record.ts'
import type { SessionRecord } from '../../../src/contract/store.ts'
import { loadOf, valuesOf } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const rollingDeploy: Invariant = {
  name: 'D20',
  claim:
    'a record of a later format is refused and left unchanged; unknown names in a record of this format are kept',
  shape: {
    operations: [
      'set',
      'increment',
      'save',
      'consume',
      'login u1',
      'regenerate',
      'read',
      'flash',
      'head',
      'transfer',
    ],
    start: ['session', 'user'],
    rewrites: true,
  },
  *check(history) {
    for (const { verb, before, after, request } of history.effects) {
      if (verb !== 'commit' || !before || !after || before === after) continue
      if (before.format !== recordFormat)
        yield `request ${request?.id} overwrote a record of format ${before.format}`
      const isKept = Object.keys(valuesOf(before)).every(
        (name) => !name.startsWith('later-') || name in valuesOf(after),
      )
      const mayDrop = request?.steps.some(
        ({ operation }) => operation === 'clear' || operation.startsWith('login'),
      )
      if (!isKept && mayDrop !== true) yield `request ${request?.id} removed what a later version wrote`
    }
    for (const request of history.requests) {
      const row = loadOf(history, request)?.answer as SessionRecord | undefined
      if (!row || row.format === recordFormat || row.verifierHash !== request.hash?.verifierHash) continue
      if (request.view) yield `request ${request.id} accepted a record of format ${row.format}`
      // A read that takes too long rejects with a SessionStoreError.
      const { viewError } = request
      if (!(viewError instanceof SessionDecodeError || viewError instanceof SessionStoreError))
        yield `request ${request.id} got no error although it could not read its session`
    }
  },
}
