// A store may cache reads, as long as it offers a way past the cache: after a conflict the manager
// must see the row that beat it, or all its attempts would fail alike.
//
// To pass: read from the primary, not from a replica, and put the fresh record into the cache on
// the way.

import type { UncachedRead } from '../../capabilities.ts'
import type { SessionStore } from '../../store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { processCase } from './process-case.ts'

/** What `readUncached` promises. */
export const uncachedCases: readonly StoreCase[] = [
  {
    // Finds a second way to read that forgot expiry, or answers with an error for the absent.
    name: 'readUncached answers as read does, with the newest state',
    requires: ['readUncached'],
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
  // Finds a cache in its way.
  processCase(
    'readUncached shows what the other did to a record that read has cached',
    async ({ store, peer, now, stored, change }) => {
      const reader = store as SessionStore & UncachedRead
      const record = await stored()
      await store.read(record.key, now)
      const next = change(record, { data: '"by the other"' })
      assertAnswer('commit', await peer.commit(record.key, expectationOf(record), next, now), true)
      assertAnswer('readUncached', await reader.readUncached(record.key, now), { ...record, ...next })
      await store.read(record.key, now)
      assertAnswer('delete', await peer.delete(record.key), true)
      assertAnswer('readUncached', await reader.readUncached(record.key, now), undefined)
    },
    ['readUncached'],
  ),
]
