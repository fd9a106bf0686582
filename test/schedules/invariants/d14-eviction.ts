import type { SessionRecord } from '../../../src/contract/store.ts'
import { hasOpened, loadOf, valuesOf } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const eviction: Invariant = {
  name: 'D14',
  claim: 'a request sees exactly what the store has for its token, or nothing; no key is used twice',
  shape: {
    operations: [
      'set',
      'login u1',
      'login u2',
      'increment',
      'read',
      'logout',
      'save',
      'regenerate',
      'consume',
    ],
    capacity: [1, 2],
    requests: 8,
  },
  *check(history) {
    const keys = new Set<string>()
    for (const { verb, key, before, after } of history.effects) {
      if (verb !== 'create' || before || !after) continue
      if (keys.has(key)) yield 'a key is used twice'
      keys.add(key)
    }
    for (const request of history.requests) {
      const { view } = request
      if (!view) continue
      const row = loadOf(history, request)?.answer as SessionRecord | undefined
      const seen = hasOpened(history, request) ? row : undefined
      if (history.program.eager && !seen && !view.isNew) continue
      if (view.userId !== seen?.userId)
        yield `request ${request.id} saw ${view.userId}, but the store had ${seen?.userId}`
      if (view.isNew !== (seen === undefined)) yield `request ${request.id} saw a session that is not stored`
      const { '~flash': _, ...values } = valuesOf(seen)
      if (JSON.stringify(view.values) !== JSON.stringify(values))
        yield `request ${request.id} saw ${JSON.stringify(view.values)}, but the store had ${JSON.stringify(values)}`
    }
  },
}
