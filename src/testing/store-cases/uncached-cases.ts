import type { SessionStore, UncachedRead } from '../../store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What `readUncached` promises. */
export const uncachedCases: readonly StoreCase[] = [
  {
    name: 'readUncached answers as read does, with the newest state',
    requires: 'readUncached',
    async run({ store, now, stored, change }) {
      const reader = store as SessionStore & UncachedRead
      const record = await stored()
      await store.read(record.key, now)
      await store.commit(record.key, expectationOf(record), change(record, { data: '"new"' }), now)
      assertHolds('readUncached', await reader.readUncached(record.key, now), { data: '"new"' })
      assertAnswer('readUncached', await reader.readUncached(record.key, record.endsAt), undefined)
      assertAnswer('readUncached', await reader.readUncached(randomHex(32), now), undefined)
    },
  },
]
