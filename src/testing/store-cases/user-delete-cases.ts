// Revoking every session of a user, after a stolen phone or a changed password. It must be complete: a
// single session that stays open belongs to the thief.
//
// To pass: one statement with the user as its condition. With a set of keys, delete each key only while
// its record still names the user, and repeat until no key is left.

import assert from 'node:assert/strict'
import type { Awaitable, SessionRecord } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { userCase } from './user-case.ts'

/** More than a database returns on one page by default. */
const manySessions = 120

/** What `deleteByUser` promises: above all that it is final. */
export const userDeleteCases: readonly StoreCase[] = [
  // Catches a deletion that stops after one page, that misses a session whose user logged in later, or
  // that counts expired sessions; and a cache that still holds what was read before.
  userCase(
    'deleteByUser removes every session and counts the live ones',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const records = await runConcurrently(Array.from({ length: manySessions }), () => stored({ userId }))
      const visitor = await stored()
      await store.commit(visitor.key, expectationOf(visitor), change(visitor, { userId }), now)
      const expired = await stored({ userId, idleExpiresAt: now + 30_000 })
      const { length } = await keysOf(userId, now + 30_000)
      assert.equal(length, manySessions + 1, `listByUser answered ${length} records, not ${manySessions + 1}`)
      for (const record of records.slice(0, 2))
        assertAnswer('read', await store.read(record.key, now), record)
      assertAnswer('deleteByUser', await store.deleteByUser(userId, now + 30_000), manySessions + 1)
      for (const { key } of [...records, visitor, expired])
        assertAnswer('read', await store.read(key, now), undefined)
      assertAnswer('listByUser', await keysOf(userId), [])
      assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
    },
  ),
  // Catches a prefix match on the user id, and anonymous sessions treated as one user.
  userCase(
    'deleteByUser leaves other users and anonymous sessions alone',
    async ({ store, now, userId, stored }) => {
      await stored({ userId })
      const others = [await stored({ userId: `${userId}2` }), await stored()]
      assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 1)
      for (const other of others) assertAnswer('read', await store.read(other.key, now), other)
    },
  ),
  // Catches the upsert once more: the thief's page is still open and will save something.
  userCase(
    'no commit revives a session after deleteByUser',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const record: SessionRecord = await stored({ userId })
      await store.deleteByUser(userId, now)
      assertAnswer(
        'commit',
        await store.commit(record.key, expectationOf(record), change(record), now),
        false,
      )
      assertAnswer('touch', await store.touch(record.key, now + 1, now + 60_001, now), false)
      assertAnswer('listByUser', await keysOf(userId), [])
    },
  ),
  // Catches a list that is read first and deleted later, while a commit changes the row.
  userCase(
    'deleteByUser among parallel commits and touches is final',
    async ({ store, now, userId, stored, change }) => {
      const acts = [
        () => store.deleteByUser(userId, now),
        ({ key }: SessionRecord) => store.touch(key, now + 1, now + 60_001, now),
        (record: SessionRecord) => store.commit(record.key, expectationOf(record), change(record), now),
      ]
      // Each of the three goes first once.
      for (let turn = 0; turn < acts.length; turn += 1) {
        const record = await stored({ userId })
        await runConcurrently(
          [...acts.slice(turn), ...acts.slice(0, turn)],
          (act): Awaitable<unknown> => act(record),
        )
        assertAnswer('read', await store.read(record.key, now), undefined)
      }
    },
  ),
  // Catches a deletion by key of a session that belongs to another user by then, and a commit that
  // reports success for a deleted session.
  userCase(
    'a session that changes user during deleteByUser is deleted or belongs to the new user',
    async ({ store, now, userId, stored, change }) => {
      const other = `${userId}-other`
      for (const isDeleteFirst of [true, false]) {
        const record = await stored({ userId })
        const move = change(record, { userId: other })
        const commit = (): Awaitable<boolean> => store.commit(record.key, expectationOf(record), move, now)
        const remove = (): Awaitable<number> => store.deleteByUser(userId, now)
        const outcomes = await runConcurrently(
          isDeleteFirst ? [remove, commit] : [commit, remove],
          (act): Awaitable<unknown> => act(),
        )
        // Only the commit returns true; `deleteByUser` returns a number.
        const expected = outcomes.includes(true) ? { ...record, ...move } : undefined
        assertAnswer('read', await store.read(record.key, now), expected)
      }
    },
  ),
]
