// A store may cache reads, as long as it offers a way past the cache: after a conflict the manager must
// see the row that won, or all of its attempts would fail in the same way.
//
// To pass: read from the primary, not from a replica, and update the cache with the fresh record.

import type { UncachedRead } from '../../contract/capabilities.ts'
import type { SessionStore } from '../../contract/store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { processCase } from './process-case.ts'

/** What `readUncached` promises. */
export const uncachedCases: readonly StoreCase[] = [
  {
    // Catches a second implementation of read that forgets expiry, or rejects for an absent record.
    name: 'readUncached behaves like read and returns the newest state',
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
  // Catches an uncached read that goes through the cache after all.
  processCase(
    'readUncached returns what another process did to a record that read has cached',
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
