// Ending one session of a user from elsewhere, such as a device list. The list may be out of date: the
// browser may have logged out since, or another user may have logged in on it.
//
// To pass: one statement with both the owner and the handle in its condition, or a script that checks the
// records and deletes them in one step.

import type { Awaitable } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { userCase } from './user-case.ts'

/** What `deleteByHandle` promises: it removes the user's own session, and no other. */
export const userHandleCases: readonly StoreCase[] = [
  // Catches a deletion that is not final, a wrong result, or a cache that still holds what was read before.
  userCase(
    'deleteByHandle removes one session of the user for good',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const [record, other] = [await stored({ userId }), await stored({ userId })]
      assertAnswer('read', await store.read(record.key, now), record)
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, record.handle, now), true)
      assertAnswer('read', await store.read(record.key, now), undefined)
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, record.handle, now), false)
      const isRevived = await store.commit(record.key, expectationOf(record), change(record), now)
      assertAnswer('commit', isRevived, false)
      assertAnswer('touch', await store.touch(record.key, now + 1, now + 60_001, now), false)
      assertAnswer('listByUser', await keysOf(owner), [other.key])
    },
  ),
  // Catches an index that knows only what `create` wrote.
  userCase(
    'deleteByHandle removes a session that a login has bound to the user',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const visitor = await stored()
      await store.commit(visitor.key, expectationOf(visitor), change(visitor, { userId }), now)
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, visitor.handle, now), true)
      assertAnswer('read', await store.read(visitor.key, now), undefined)
      assertAnswer('listByUser', await keysOf(owner), [])
    },
  ),
  // Catches a deletion by handle alone, which would let a user end the session of another.
  userCase(
    'deleteByHandle leaves sessions of other users and anonymous ones alone',
    async ({ store, now, userId, owner, otherId, stored }) => {
      const handle = randomHex(12)
      const own = await stored({ userId, handle })
      const others = [await stored({ userId: otherId, handle }), await stored({ handle })]
      const foreign = await stored({ userId: otherId })
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, foreign.handle, now), false)
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, handle, now), true)
      assertAnswer('read', await store.read(own.key, now), undefined)
      for (const other of [...others, foreign]) assertAnswer('read', await store.read(other.key, now), other)
    },
  ),
  // Catches patterns and collations: a handle comes from a form that anybody can fill in.
  userCase('deleteByHandle compares handles exactly', async ({ store, now, userId, owner, stored }) => {
    const handle = `abc${randomHex(10)}d`
    const record = await stored({ userId, handle })
    const names = [
      '',
      '%',
      '*',
      '_'.repeat(24),
      handle.toUpperCase(),
      ` ${handle}`,
      `${handle} `,
      `${handle}0`,
    ]
    for (const name of [...names, handle.slice(1), `${handle.slice(0, -1)}%`, '__proto__', "' or '1'='1"])
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, name, now), false)
    assertAnswer('read', await store.read(record.key, now), record)
  }),
  // Catches a deletion that stops at the first: a creation whose answer was lost may have left a second record.
  userCase(
    'deleteByHandle removes every session of the user with that handle',
    async ({ store, now, userId, owner, stored, keysOf }) => {
      const handle = randomHex(12)
      const twins = [
        await stored({ userId, handle }),
        await stored({ userId, handle, endsAt: now + 1_800_000 }),
      ]
      const other = await stored({ userId })
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, handle, now), true)
      for (const { key } of twins) assertAnswer('read', await store.read(key, now), undefined)
      assertAnswer('listByUser', await keysOf(owner), [other.key])
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, handle, now), false)
    },
  ),
  // Catches an answer that counts rows: a page would say that it had ended a session which was none.
  userCase(
    'deleteByHandle removes an expired session and answers whether one was live',
    async ({ store, now, userId, owner, stored, record }) => {
      const handle = randomHex(12)
      const expired = await stored({ userId, handle, idleExpiresAt: now + 30_000 })
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, handle, now + 30_000), false)
      assertAnswer('create', await store.create(record({ key: expired.key }), now + 30_000), true)
      for (const isLiveFirst of [true, false]) {
        for (const isLive of [isLiveFirst, !isLiveFirst])
          await stored({ userId, handle, idleExpiresAt: now + (isLive ? 60_000 : 30_000) })
        assertAnswer('deleteByHandle', await store.deleteByHandle(owner, handle, now + 30_000), true)
        assertAnswer('countByUser', await store.countByUser(owner, now), 0)
      }
    },
  ),
  // Catches a check before the deletion instead of a condition in it: the user who has just logged in
  // would be logged out.
  userCase(
    'a session that changes user during deleteByHandle is deleted or belongs to the new user',
    async ({ store, now, userId, owner, otherId, stored, change }) => {
      for (const isDeleteFirst of [true, false]) {
        const record = await stored({ userId })
        const move = change(record, { userId: otherId })
        const acts: (() => Awaitable<boolean>)[] = [
          () => store.deleteByHandle(owner, record.handle, now),
          () => store.commit(record.key, expectationOf(record), move, now),
        ]
        const outcomes = await runConcurrently(isDeleteFirst ? acts : acts.toReversed(), (act) => act())
        const [isDeleted, isMoved] = isDeleteFirst ? outcomes : outcomes.toReversed()
        assertAnswer('deleteByHandle', isDeleted, !isMoved)
        const expected = isDeleted ? undefined : { ...record, ...move }
        assertAnswer('read', await store.read(record.key, now), expected)
      }
    },
  ),
]
