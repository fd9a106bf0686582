// Ending one session of a user from elsewhere, such as a device list. The list may be out of date: the
// browser may have logged out since, or another user may have logged in on it.
//
// To pass: one statement with both the key and the user in its condition, or a script that checks the
// record and deletes it in one step.

import type { Awaitable } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { userCase } from './user-case.ts'

/** What `deleteOwned` promises: it removes the user's own record, and no other. */
export const userOwnedCases: readonly StoreCase[] = [
  // Catches a deletion that is not final, a wrong result, or a cache that still holds what was read before.
  userCase(
    'deleteOwned removes one record of the user for good',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const [record, other] = [await stored({ userId }), await stored({ userId })]
      assertAnswer('read', await store.read(record.key, now), record)
      assertAnswer('deleteOwned', await store.deleteOwned(userId, record.key), true)
      assertAnswer('read', await store.read(record.key, now), undefined)
      assertAnswer('deleteOwned', await store.deleteOwned(userId, record.key), false)
      const isRevived = await store.commit(record.key, expectationOf(record), change(record), now)
      assertAnswer('commit', isRevived, false)
      assertAnswer('listByUser', await keysOf(userId), [other.key])
    },
  ),
  // Catches a deletion by key alone, which would let a user end the session of another.
  userCase(
    'deleteOwned leaves records of other users and anonymous records alone',
    async ({ store, now, userId, stored }) => {
      for (const other of [await stored({ userId: `${userId}2` }), await stored()]) {
        assertAnswer('deleteOwned', await store.deleteOwned(userId, other.key), false)
        assertAnswer('read', await store.read(other.key, now), other)
      }
    },
  ),
  // Catches a check before the deletion instead of a condition in it: the user who has just logged in
  // would be logged out.
  userCase(
    'a session that changes user during deleteOwned is deleted or belongs to the new user',
    async ({ store, now, userId, stored, change }) => {
      for (const isDeleteFirst of [true, false]) {
        const record = await stored({ userId })
        const move = change(record, { userId: `${userId}-other` })
        const acts: (() => Awaitable<boolean>)[] = [
          () => store.deleteOwned(userId, record.key),
          () => store.commit(record.key, expectationOf(record), move, now),
        ]
        const outcomes = await runConcurrently(isDeleteFirst ? acts : acts.toReversed(), (act) => act())
        const [isDeleted, isMoved] = isDeleteFirst ? outcomes : outcomes.toReversed()
        assertAnswer('deleteOwned', isDeleted, !isMoved)
        assertAnswer(
          'read',
          await store.read(record.key, now),
          isDeleted ? undefined : { ...record, ...move },
        )
      }
    },
  ),
]
