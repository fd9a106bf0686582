// Revoking everything a user has, after a stolen phone or a changed password. It is the one call
// that must not be almost right: one session left open is the thief's.
//
// To pass: one statement with the user as its condition. With a set of keys, delete each key only
// while its record still names the user, and go on until a look finds none.

import assert from 'node:assert/strict'
import type { Awaitable, SessionRecord } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { together } from '../together.ts'
import { userCase } from './user-case.ts'

/** More than one page of what a database hands out at a time. */
const manySessions = 120

/** What `deleteByUser` promises: above all that it is final. */
export const userDeleteCases: readonly StoreCase[] = [
  // Finds a deletion that stops after one page, a session of a late login that it misses, and a count
  // of the dead.
  userCase(
    'deleteByUser removes all and counts the live',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const records = await together(Array.from({ length: manySessions }), () => stored({ userId }))
      const visitor = await stored()
      await store.commit(visitor.key, expectationOf(visitor), change(visitor, { userId }), now)
      const expired = await stored({ userId, idleExpiresAt: now + 30_000 })
      const { length } = await keysOf(userId, now + 30_000)
      assert.equal(length, manySessions + 1, `listByUser answered ${length} records, not ${manySessions + 1}`)
      assertAnswer('deleteByUser', await store.deleteByUser(userId, now + 30_000), manySessions + 1)
      for (const { key } of [...records, visitor, expired])
        assertAnswer('read', await store.read(key, now), undefined)
      assertAnswer('listByUser', await keysOf(userId), [])
      assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
    },
  ),
  // Finds a prefix for a name, and visitors without a user taken for one and the same.
  userCase('deleteByUser leaves others alone, the anonymous too', async ({ store, now, userId, stored }) => {
    await stored({ userId })
    const others = [await stored({ userId: `${userId}2` }), await stored()]
    assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 1)
    for (const other of others) assertAnswer('read', await store.read(other.key, now), other)
  }),
  // Finds the upsert once more: the thief's page is still open and will save something.
  userCase('after deleteByUser no commit revives', async ({ store, now, userId, stored, change, keysOf }) => {
    const record: SessionRecord = await stored({ userId })
    await store.deleteByUser(userId, now)
    assertAnswer('commit', await store.commit(record.key, expectationOf(record), change(record), now), false)
    assertAnswer('touch', await store.touch(record.key, now + 1, now + 60_001, now), false)
    assertAnswer('listByUser', await keysOf(userId), [])
  }),
  // Finds a list that is read first and deleted later while a commit changes the row.
  userCase(
    'a deleteByUser among commits and touches is final',
    async ({ store, now, userId, stored, change }) => {
      const acts = [
        () => store.deleteByUser(userId, now),
        ({ key }: SessionRecord) => store.touch(key, now + 1, now + 60_001, now),
        (record: SessionRecord) => store.commit(record.key, expectationOf(record), change(record), now),
      ]
      for (let turn = 0; turn < acts.length; turn += 1) {
        const record = await stored({ userId })
        await together(
          [...acts.slice(turn), ...acts.slice(0, turn)],
          (act): Awaitable<unknown> => act(record),
        )
        assertAnswer('read', await store.read(record.key, now), undefined)
      }
    },
  ),
  // Finds a deletion by key of a session that is somebody else's by then, and one that reports what it
  // did not do.
  userCase(
    'a session that changes its user beside deleteByUser is gone, or it is with the other user',
    async ({ store, now, userId, stored, change }) => {
      const other = `${userId}-other`
      for (const isDeleteFirst of [true, false]) {
        const record = await stored({ userId })
        const move = change(record, { userId: other })
        const commit = (): Awaitable<boolean> => store.commit(record.key, expectationOf(record), move, now)
        const remove = (): Awaitable<number> => store.deleteByUser(userId, now)
        const outcomes = await together(
          isDeleteFirst ? [remove, commit] : [commit, remove],
          (act): Awaitable<unknown> => act(),
        )
        const expected = outcomes.includes(true) ? { ...record, ...move } : undefined
        assertAnswer('read', await store.read(record.key, now), expected)
      }
    },
  ),
]
