// The user index answers "where am I logged in?". It may list a session that has just ended, but must
// never miss a live one: a device that is not listed cannot be revoked.
//
// To pass: in SQL, an index on the owner and the absolute end is enough. A key-value store keeps a sorted set per
// owner and updates it in the step that writes the record, in `commit`, `delete` and `sweep` as well.

import assert from 'node:assert/strict'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex, sampleOwner } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { endAll, listAll, listedOf } from './listed.ts'
import { userCase } from './user-case.ts'

/** What the user index promises. */
export const userCases: readonly StoreCase[] = [
  // Catches an error for a user without sessions, as most users are.
  userCase('an unknown user has no sessions', async ({ store, now, owner, keysOf }) => {
    assertAnswer('listByUser', await keysOf(owner), [])
    assertAnswer('deleteByUser', await endAll(store, owner, now), [])
    assertAnswer('deleteByHandle', await store.deleteByHandle(owner, randomHex(12), now), false)
  }),
  // Catches an index that is written only by `create`: every session starts out anonymous.
  userCase(
    'a login adds the session to its user',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const record = await stored()
      const login = change(record, { userId, data: '"in"' })
      await store.commit(record.key, expectationOf(record), login, now)
      assertAnswer('listByUser', await listAll(store, owner, now), [listedOf({ ...record, ...login })])
      assertAnswer('listByUser', await keysOf(owner), [record.key])
    },
  ),
  // Catches an index that is written before the condition is known to hold.
  userCase(
    'a commit that fails changes nothing',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const record = await stored()
      await store.commit(record.key, { version: 9, commitId: randomHex(8) }, change(record, { userId }), now)
      assertAnswer('listByUser', await keysOf(owner), [])
    },
  ),
  // Catches an entry that is left behind: the former user could see, and end, another user's session.
  userCase(
    'a change of user moves the session to the new user',
    async ({ store, now, userId, owner, otherId, otherOwner, stored, change, keysOf }) => {
      const record = await stored({ userId })
      await store.commit(record.key, expectationOf(record), change(record, { userId: otherId }), now)
      assertAnswer('listByUser', await keysOf(owner), [])
      assertAnswer('listByUser', await keysOf(otherOwner), [record.key])
    },
  ),
  // Catches an entry that remains when the user id is removed.
  userCase(
    'a commit without a user removes the session',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const record = await stored({ userId })
      await store.commit(record.key, expectationOf(record), change(record, { userId: undefined }), now)
      assertAnswer('listByUser', await keysOf(owner), [])
      assertAnswer('deleteByUser', await endAll(store, owner, now), [])
      assertHolds('read', await store.read(record.key, now), { key: record.key })
    },
  ),
  // Catches an index by user id: two applications with the same users would end each other's sessions.
  userCase(
    'the index goes by the owner, not by the user id',
    async ({ store, now, userId, owner, stored, keysOf }) => {
      const foreign = sampleOwner(`of another realm ${userId}`)
      const [ours, theirs] = [await stored({ userId }), await stored({ userId, owner: foreign })]
      assertAnswer('listByUser', await keysOf(owner), [ours.key])
      assertAnswer('listByUser', await keysOf(foreign), [theirs.key])
      assertAnswer('deleteByUser', await endAll(store, owner, now), [ours.handle])
      assertAnswer('read', await store.read(theirs.key, now), theirs)
    },
  ),
  // Catches a list of records as they were at login.
  userCase('the list reflects commits and touches', async ({ store, now, userId, owner, stored, change }) => {
    const record = await stored({ userId })
    const next = change(record, { details: 'new', endsAt: now + 7_200_000 })
    await store.commit(record.key, expectationOf(record), next, now)
    await store.touch(record.key, now + 9, now + 60_009, now)
    const expected = { ...record, ...next, lastSeenAt: now + 9, idleExpiresAt: now + 60_009 }
    assertAnswer('listByUser', await listAll(store, owner, now), [listedOf(expected)])
  }),
  // Catches entries of deleted sessions, and a delete that removes the user's other sessions too.
  userCase('delete removes the session from the list', async ({ store, userId, owner, stored, keysOf }) => {
    const record = await stored({ userId })
    const other = await stored({ userId })
    await store.delete(record.key)
    assertAnswer('listByUser', await keysOf(owner), [other.key])
  }),
  // Catches a count of rows instead of live sessions: a limit on devices would lock users out.
  userCase(
    'expired sessions are neither listed nor counted',
    async ({ now, userId, owner, stored, keysOf }) => {
      const live = await stored({ userId, idleExpiresAt: now + 30_001 })
      await stored({ userId, idleExpiresAt: now + 30_000 })
      await stored({ userId, endsAt: now + 30_000 })
      assertAnswer('listByUser', await keysOf(owner, now + 30_000), [live.key])
      const early = await keysOf(owner, now + 29_999)
      assert.equal(early.length, 3, `listByUser answered ${early.length} records, not 3`)
    },
  ),
]
