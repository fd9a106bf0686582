// The user index answers "where am I signed in?". It may name a session that has just ended, but
// must never miss a living one: a device that is not in the list cannot be revoked.
//
// To pass: an index on the user column is all that SQL needs. A key-value store keeps a set for
// each user and writes it in the step that writes the record, also in `commit`, `delete` and
// `sweep`.

import assert from 'node:assert/strict'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { userCase } from './user-case.ts'

/** What the user index promises. */
export const userCases: readonly StoreCase[] = [
  // Finds an order by use or by key, and an index that keeps its own stale copy of a record.
  userCase(
    'listByUser has the live records of a user, oldest first',
    async ({ store, now, userId, stored }) => {
      const second = await stored({ userId, createdAt: now - 2_000, lastSeenAt: now + 1 })
      const third = await stored({ userId, createdAt: now - 1_000, details: 'phone' })
      const first = await stored({ userId, createdAt: now - 3_000, lastSeenAt: now + 2 })
      assertAnswer('listByUser', await store.listByUser(userId, now), [first, second, third])
      assertAnswer('countByUser', await store.countByUser(userId, now), 3)
    },
  ),
  // Finds an error for somebody who has no session, which is most users.
  userCase('an unknown user has no sessions', async ({ store, now, userId, keysOf }) => {
    assertAnswer('listByUser', await keysOf(userId), [])
    assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
  }),
  // Finds an index kept at `create` only: all sessions begin as a visitor's.
  userCase(
    'a login puts the session under its user',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const record = await stored()
      const login = change(record, { userId, data: '"in"' })
      await store.commit(record.key, expectationOf(record), login, now)
      assertAnswer('listByUser', await store.listByUser(userId, now), [{ ...record, ...login }])
      assertAnswer('listByUser', await keysOf(userId), [record.key])
    },
  ),
  // Finds an index that is written before the condition is known.
  userCase('a commit that fails moves nothing', async ({ store, now, userId, stored, change, keysOf }) => {
    const record = await stored()
    await store.commit(record.key, { version: 9, commitId: randomHex(8) }, change(record, { userId }), now)
    assertAnswer('listByUser', await keysOf(userId), [])
  }),
  // Finds an entry that stays behind: the former user could see, and end, a stranger's session.
  userCase('a change of user moves the session', async ({ store, now, userId, stored, change, keysOf }) => {
    const record = await stored({ userId })
    const other = `${userId}-other`
    await store.commit(record.key, expectationOf(record), change(record, { userId: other }), now)
    assertAnswer('listByUser', await keysOf(userId), [])
    assertAnswer('listByUser', await keysOf(other), [record.key])
  }),
  // Finds an entry that survives the user's name.
  userCase('a commit without user takes it away', async ({ store, now, userId, stored, change, keysOf }) => {
    const record = await stored({ userId })
    await store.commit(record.key, expectationOf(record), change(record, { userId: undefined }), now)
    assertAnswer('listByUser', await keysOf(userId), [])
    assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
    assertHolds('read', await store.read(record.key, now), { key: record.key })
  }),
  // Finds a list of records as they were at login.
  userCase('the list shows what commits and touches left', async ({ store, now, userId, stored, change }) => {
    const record = await stored({ userId })
    const next = change(record, { data: '"new"' })
    await store.commit(record.key, expectationOf(record), next, now)
    await store.touch(record.key, now + 9, now + 60_009, now)
    const expected = { ...record, ...next, lastSeenAt: now + 9, idleExpiresAt: now + 60_009 }
    assertAnswer('listByUser', await store.listByUser(userId, now), [expected])
  }),
  // Finds entries of the dead, and a delete that takes the user's other sessions along.
  userCase('delete takes the session from the list', async ({ store, userId, stored, keysOf }) => {
    const record = await stored({ userId })
    const other = await stored({ userId })
    await store.delete(record.key)
    assertAnswer('listByUser', await keysOf(userId), [other.key])
  }),
  // Finds a count of rows where live sessions are asked for: limits of devices would lock users out.
  userCase('the expired are neither listed nor counted', async ({ now, userId, stored, keysOf }) => {
    const live = await stored({ userId, idleExpiresAt: now + 30_001 })
    await stored({ userId, idleExpiresAt: now + 30_000 })
    await stored({ userId, endsAt: now + 30_000 })
    assertAnswer('listByUser', await keysOf(userId, now + 30_000), [live.key])
    const early = await keysOf(userId, now + 29_999)
    assert.equal(early.length, 3, `listByUser answered ${early.length} records, not 3`)
  }),
]
