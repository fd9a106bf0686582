// A late logout. A page was loaded as one user or as none, somebody logs in meanwhile, and only then does its
// logout arrive: it must end what it had loaded, not the login that came in between. The manager therefore says
// whose record it means.
//
// To pass: `delete … where key = ? and owner is not distinct from ?`, or a script that compares and deletes in one
// step. A database that only has get and delete needs its own queue per key, and can promise this for one process.

import type { Awaitable, SessionRecord } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf, randomHex, sampleOwner } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

const [ann, ben] = ['ann', 'ben']

/** Whose the record is, whom the deletion names, and whether it may go through. */
const conditions: readonly (readonly [
  name: string,
  userId: string | undefined,
  owner: string | null,
  mayGo: boolean,
])[] = [
  ['of its owner removes the record', ann, sampleOwner(ann), true],
  ['of another owner leaves the record alone', ann, sampleOwner(ben), false],
  ['of an owner leaves an anonymous record alone', undefined, sampleOwner(ann), false],
  ['of nobody (null) removes an anonymous record', undefined, null, true],
  ["of nobody (null) leaves a user's record alone", ann, null, false],
  // Catches a store that goes by the user id, and one that takes an empty owner for no condition.
  ['goes by the owner, not by the user id', ann, ann, false],
  ['of an empty owner leaves the record alone', ann, '', false],
  ['of an empty owner leaves an anonymous record alone', undefined, '', false],
]

/** A commit that comes at the same time: whose the record was, whose it becomes, and whom the deletion names. */
const moves: readonly (readonly [
  name: string,
  from: string | undefined,
  to: string | undefined,
  owner: string | null,
])[] = [
  ['a delete of nobody while a commit binds the record to a user', undefined, ann, null],
  ['a delete of an owner while a commit binds the record to another', ann, ben, sampleOwner(ann)],
  ['a delete of an owner while a commit unbinds the record', ann, undefined, sampleOwner(ann)],
]

/** What `delete` with an owner promises. */
export const deleteOwnerCases: readonly StoreCase[] = [
  ...conditions.map(
    ([name, userId, owner, mayGo]): StoreCase => ({
      name: `delete ${name}`,
      async run({ store, now, stored }) {
        const record = await stored(userId === undefined ? {} : { userId })
        assertAnswer('read', await store.read(record.key, now), record)
        assertAnswer('delete', await store.delete(record.key, owner), mayGo)
        assertAnswer('read', await store.read(record.key, now), mayGo ? undefined : record)
        assertAnswer('delete', await store.delete(record.key, undefined), !mayGo)
        assertAnswer('delete', await store.delete(record.key, owner), false)
      },
    }),
  ),
  {
    // Catches an error for an absent record, and an expired one that is taken for absent: it would never go.
    name: 'delete with an owner removes an expired record and answers false for an absent one',
    async run({ store, now, stored, record }) {
      for (const [userId, owner] of [
        [ann, sampleOwner(ann)],
        [undefined, null],
      ] as const) {
        assertAnswer('delete', await store.delete(randomHex(32), owner), false)
        const expired = await stored({
          ...(userId && { userId }),
          createdAt: now - 100_000,
          idleExpiresAt: now - 40_000,
        })
        assertAnswer('delete', await store.delete(expired.key, owner), true)
        assertAnswer('create', await store.create(record({ key: expired.key }), now), true)
      }
    },
  },
  {
    // Catches an owner that only `create` stores.
    name: 'delete with an owner goes by what the last commit wrote',
    async run({ store, now, stored, change }) {
      const record = await stored({ userId: ann })
      const login = change(record, { userId: ben })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), login, now), true)
      assertAnswer('delete', await store.delete(record.key, sampleOwner(ann)), false)
      assertAnswer('delete', await store.delete(record.key, sampleOwner(ben)), true)
      const visitor = await stored({ userId: ann })
      const logout = change(visitor, { userId: undefined })
      assertAnswer('commit', await store.commit(visitor.key, expectationOf(visitor), logout, now), true)
      assertAnswer('delete', await store.delete(visitor.key, sampleOwner(ann)), false)
      assertAnswer('delete', await store.delete(visitor.key, null), true)
    },
  },
  ...moves.map(
    ([name, from, to, owner]): StoreCase => ({
      // Catches a check before the deletion instead of a condition in it, in either order.
      name: `${name}: exactly one of the two happens`,
      async run({ store, now, stored, change }) {
        for (let round = 0; round < 10; round += 1) {
          const record: SessionRecord = await stored(from === undefined ? {} : { userId: from })
          const next = change(record, { userId: to })
          const acts: readonly (() => Awaitable<boolean>)[] = [
            () => store.delete(record.key, owner),
            () => store.commit(record.key, expectationOf(record), next, now),
          ]
          const isDeleteFirst = round % 2 === 0
          const outcomes = await runConcurrently(isDeleteFirst ? acts : acts.toReversed(), (act) => act())
          const [isDeleted, isMoved] = isDeleteFirst ? outcomes : outcomes.toReversed()
          assertAnswer('delete', isDeleted, !isMoved)
          const { userId: _userId, owner: _owner, ...rest } = record
          assertAnswer('read', await store.read(record.key, now), isMoved ? { ...rest, ...next } : undefined)
        }
      },
    }),
  ),
]
