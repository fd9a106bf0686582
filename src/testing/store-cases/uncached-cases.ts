import assert from 'node:assert/strict'
import type { SessionStore, UncachedRead } from '../../store.ts'
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
      assert.equal((await reader.readUncached(record.key, now))?.data, '"new"')
      assert.equal(await reader.readUncached(record.key, record.endsAt), undefined)
      assert.equal(await reader.readUncached(randomHex(32), now), undefined)
    },
  },
]
