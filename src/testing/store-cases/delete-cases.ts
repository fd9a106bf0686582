// Logout is final. A request that was already under way may still commit and touch, and neither may
// bring the row back: a user who signed out on a shared machine would be signed in again by a page
// that was still loading.
//
// To pass: no verb but `create` may make a row. Databases whose only write is an upsert need a
// condition on existence (`XX` in Redis, `attribute_exists` in DynamoDB), in the same command.

import assert from 'node:assert/strict'
import type { Awaitable } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { together } from '../together.ts'

/** What `delete` promises: above all that it is final. */
export const deleteCases: readonly StoreCase[] = [
  {
    // Finds an answer that says nothing: `destroy` and lists of devices tell users what it says.
    name: 'delete is true for a record, false the second time',
    async run({ store, now, stored }) {
      const record = await stored()
      assertAnswer('delete', await store.delete(record.key), true)
      assertAnswer('read', await store.read(record.key, now), undefined)
      assertAnswer('delete', await store.delete(record.key), false)
    },
  },
  {
    // Finds an error for the absent. Two logouts at once are normal.
    name: 'delete of a key that never was is false',
    async run({ store }) {
      assertAnswer('delete', await store.delete(randomHex(32)), false)
    },
  },
  {
    // Finds a store that drops all rows of a user, or the index entry of all.
    name: 'delete removes no other record',
    async run({ store, now, stored }) {
      const record = await stored({ userId: 'u_1' })
      const other = await stored({ userId: 'u_1' })
      await store.delete(record.key)
      assertAnswer('read', await store.read(other.key, now), other)
    },
  },
  {
    // Finds the upsert, the most common fault of session stores: a page that was still loading signs
    // the user in again.
    name: 'after delete, neither commit nor touch brings the record back',
    async run({ store, now, stored, change }) {
      const record = await stored()
      await store.delete(record.key)
      assertAnswer(
        'commit',
        await store.commit(record.key, expectationOf(record), change(record), now),
        false,
      )
      assertAnswer('touch', await store.touch(record.key, now + 1, now + 90_000, now), false)
      assertAnswer('read', await store.read(record.key, now), undefined)
    },
  },
  {
    // The same in a crowd: finds a commit that checks first and writes later.
    name: 'a delete among parallel commits and touches is final',
    async run({ store, now, stored, change }) {
      const record = await stored()
      await together(Array.from({ length: 30 }), (_, index): Awaitable<boolean> => {
        if (index === 10) return store.delete(record.key)
        if (index % 2 === 0) return store.touch(record.key, now + index, now + 60_000 + index, now)
        return store.commit(record.key, expectationOf(record), change(record), now)
      })
      assertAnswer('read', await store.read(record.key, now), undefined)
      assertAnswer('delete', await store.delete(record.key), false)
    },
  },
  {
    // Finds an answer that is a guess. What only one may do, such as telling of a logout, hangs on it.
    name: 'of 20 parallel deletes exactly one was the one',
    async run({ store, stored }) {
      const record = await stored()
      const outcomes = await together(Array.from({ length: 20 }), () => store.delete(record.key))
      const count = outcomes.filter(Boolean).length
      assert.equal(count, 1, `${count} deletes answered true, not 1`)
    },
  },
]
