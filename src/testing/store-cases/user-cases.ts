// The user index answers "where am I logged in?". It may list a session that has just ended, but must
// never miss a live one: a device that is not listed cannot be revoked.
//
// To pass: in SQL, an index on the user column is enough. A key-value store keeps a set per user and
// updates it in the step that writes the record, in `commit`, `delete` and `sweep` as well.

import assert from 'node:assert/strict'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { userCase } from './user-case.ts'

/** What the user index promises. */
export const userCases: readonly StoreCase[] = [
  // Catches an order by use or by key, and an index with a stale copy of the record.
  userCase(
    'listByUser returns the live records of a user, oldest first',
    async ({ store, now, userId, stored }) => {
      // Stored and last used in other orders than created.
      const second = await stored({ userId, createdAt: now - 2_000, lastSeenAt: now + 1 })
      const third = await stored({ userId, createdAt: now - 1_000, details: 'phone' })
      const first = await stored({ userId, createdAt: now - 3_000, lastSeenAt: now + 2 })
      assertAnswer('listByUser', await store.listByUser(userId, now), [first, second, third])
      assertAnswer('countByUser', await store.countByUser(userId, now), 3)
    },
  ),
  // Catches an error for a user without sessions, as most users are.
  userCase('an unknown user has no sessions', async ({ store, now, userId, keysOf }) => {
    assertAnswer('listByUser', await keysOf(userId), [])
    assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
  }),
  // Catches an index that is written only by `create`: every session starts out anonymous.
  userCase('a login adds the session to its user', async ({ store, now, userId, stored, change, keysOf }) => {
    const record = await stored()
    const login = change(record, { userId, data: '"in"' })
    await store.commit(record.key, expectationOf(record), login, now)
    assertAnswer('listByUser', await store.listByUser(userId, now), [{ ...record, ...login }])
    assertAnswer('listByUser', await keysOf(userId), [record.key])
  }),
  // Catches an index that is written before the condition is known to hold.
  userCase('a commit that fails changes nothing', async ({ store, now, userId, stored, change, keysOf }) => {
    const record = await stored()
    await store.commit(record.key, { version: 9, commitId: randomHex(8) }, change(record, { userId }), now)
    assertAnswer('listByUser', await keysOf(userId), [])
  }),
  // Catches an entry that is left behind: the former user could see, and end, another user's session.
  userCase(
    'a change of user moves the session to the new user',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const record = await stored({ userId })
      const other = `${userId}-other`
      await store.commit(record.key, expectationOf(record), change(record, { userId: other }), now)
      assertAnswer('listByUser', await keysOf(userId), [])
      assertAnswer('listByUser', await keysOf(other), [record.key])
    },
  ),
  // Catches an entry that remains when the user id is removed.
  userCase(
    'a commit without a user removes the session',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const record = await stored({ userId })
      await store.commit(record.key, expectationOf(record), change(record, { userId: undefined }), now)
      assertAnswer('listByUser', await keysOf(userId), [])
      assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
      assertHolds('read', await store.read(record.key, now), { key: record.key })
    },
  ),
  // Catches a list of records as they were at login.
  userCase('the list reflects commits and touches', async ({ store, now, userId, stored, change }) => {
    const record = await stored({ userId })
    const next = change(record, { data: '"new"' })
    await store.commit(record.key, expectationOf(record), next, now)
    await store.touch(record.key, now + 9, now + 60_009, now)
    const expected = { ...record, ...next, lastSeenAt: now + 9, idleExpiresAt: now + 60_009 }
    assertAnswer('listByUser', await store.listByUser(userId, now), [expected])
  }),
  // Catches entries of deleted sessions, and a delete that removes the user's other sessions too.
  userCase('delete removes the session from the list', async ({ store, userId, stored, keysOf }) => {
    const record = await stored({ userId })
    const other = await stored({ userId })
    await store.delete(record.key)
    assertAnswer('listByUser', await keysOf(userId), [other.key])
  }),
  // Catches a count of rows instead of live sessions: a limit on devices would lock users out.
  userCase('expired sessions are neither listed nor counted', async ({ now, userId, stored, keysOf }) => {
    const live = await stored({ userId, idleExpiresAt: now + 30_001 })
    await stored({ userId, idleExpiresAt: now + 30_000 })
    await stored({ userId, endsAt: now + 30_000 })
    assertAnswer('listByUser', await keysOf(userId, now + 30_000), [live.key])
    const early = await keysOf(userId, now + 29_999)
    assert.equal(early.length, 3, `listByUser answered ${early.length} records, not 3`)
  }),
]
