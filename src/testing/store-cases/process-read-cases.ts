// A read that comes after another process's write was answered. A store that caches reads passes every
// other case, because a save reads past the cache after a conflict; but for a while it shows sessions that
// were ended elsewhere. It may, if it says for how long: the table of promises then names the limit.
//
// To pass: serve no read from memory, nor from a replica that may lag behind; or declare `maxStaleness`,
// and let `now` decide how old a cached record is.

import assert from 'node:assert/strict'
import type { BoundedStaleness, UserIndex } from '../../contract/capabilities.ts'
import type { SessionRecord, SessionStore } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf, randomHex, sampleOwner } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { endAll } from './listed.ts'
import { processCase } from './process-case.ts'

/** What `read` promises about the writes of another process. */
export const processReadCases: readonly StoreCase[] = [
  // Catches a cache that outlives a logout, also one whose records live on as long as somebody reads them.
  processCase(
    'read shows that the other has deleted a session it showed before',
    async ({ store, peer, now, stored }) => {
      const record = await stored(longLived(store, now))
      assertAnswer('read', await store.read(record.key, now), record)
      assertAnswer('delete', await peer.delete(record.key), true)
      await store.read(record.key, now + Math.floor(stalenessOf(store) / 2))
      assertAnswer('read', await store.read(record.key, now + stalenessOf(store)), undefined)
    },
  ),
  // The same for a revocation of all sessions of a user.
  processCase(
    'read shows that the other has revoked all sessions of the user',
    async ({ store, peer, now, stored }) => {
      const userId = `u_${randomHex(6)}`
      const record = await stored({ ...longLived(store, now), userId })
      assertAnswer('read', await store.read(record.key, now), record)
      await endAll(peer as SessionStore & UserIndex, sampleOwner(userId), now)
      assertAnswer('read', await store.read(record.key, now + stalenessOf(store)), undefined)
    },
    ['listByUser'],
  ),
  // Catches a cache that hides a login or a change.
  processCase(
    'read shows what the other has committed to a record it showed before',
    async ({ store, peer, now, stored, change }) => {
      const record = await stored(longLived(store, now))
      assertAnswer('read', await store.read(record.key, now), record)
      const next = change(record, { data: '"by the other"' })
      assertAnswer('commit', await peer.commit(record.key, expectationOf(record), next, now), true)
      assertAnswer('read', await store.read(record.key, now + stalenessOf(store)), { ...record, ...next })
    },
  ),
]

/** The table cell of a store that keeps these promises only after a while. */
export function describeStaleness(store: SessionStore): string | undefined {
  const staleness = stalenessOf(store)
  return staleness > 0 ? `within ${staleness / 1000} s` : undefined
}

/** How far reads may lag behind, in milliseconds: 0 unless the store says otherwise. */
function stalenessOf(store: SessionStore): number {
  return (store as Partial<BoundedStaleness>).maxStaleness ?? 0
}

/**
 * A record that does not expire while reads may lag behind, or its absence would prove nothing.
 *
 * @throws AssertionError when the store does not say in milliseconds how far they may.
 */
function longLived(store: SessionStore, now: number): Partial<SessionRecord> {
  const staleness: unknown = stalenessOf(store)
  assert.ok(
    Number.isSafeInteger(staleness) && Number(staleness) >= 0,
    'maxStaleness is not a whole number of milliseconds',
  )
  const idleTimeout = 60_000 + stalenessOf(store)
  return { idleTimeout, idleExpiresAt: now + idleTimeout, endsAt: now + idleTimeout }
}
