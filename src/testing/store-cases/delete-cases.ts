// Logout is final. A request already in progress may still commit and touch, and neither may restore
// the row: a page that was still loading would log a user back in on a shared machine (CWE-613).
//
// To pass: no verb but `create` may create a row. Databases whose only write is an upsert need a
// condition on existence (`XX` in Redis, `attribute_exists` in DynamoDB) in the same command.

import assert from 'node:assert/strict'
import type { Awaitable } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What `delete` promises: above all that it is final. */
export const deleteCases: readonly StoreCase[] = [
  {
    // Catches a result that carries no information, which `destroy` and device lists show to users, and a
    // cache that still holds what was read before.
    name: 'delete returns true for a record and false the second time',
    async run({ store, now, stored }) {
      const record = await stored()
      assertAnswer('read', await store.read(record.key, now), record)
      assertAnswer('delete', await store.delete(record.key), true)
      assertAnswer('read', await store.read(record.key, now), undefined)
      assertAnswer('delete', await store.delete(record.key), false)
    },
  },
  {
    // Catches an error for an absent record. Two concurrent logouts are normal.
    name: 'delete of an unknown key returns false',
    async run({ store }) {
      assertAnswer('delete', await store.delete(randomHex(32)), false)
    },
  },
  {
    // Catches a store that deletes every row of the user, or the user's whole index entry.
    name: 'delete removes no other record',
    async run({ store, now, stored }) {
      const record = await stored({ userId: 'u_1' })
      const other = await stored({ userId: 'u_1' })
      await store.delete(record.key)
      assertAnswer('read', await store.read(other.key, now), other)
    },
  },
  {
    // Catches the upsert, the most common fault of session stores: a page that was still loading logs
    // the user in again.
    name: 'neither commit nor touch brings a deleted record back',
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
    // The same under concurrency. Catches a commit that checks first and writes later.
    name: 'a delete among parallel commits and touches is final',
    async run({ store, now, stored, change }) {
      const record = await stored()
      await runConcurrently(Array.from({ length: 30 }), (_, index): Awaitable<boolean> => {
        // Ten calls before it, nineteen after it.
        if (index === 10) return store.delete(record.key)
        if (index % 2 === 0) return store.touch(record.key, now + index, now + 60_000 + index, now)
        return store.commit(record.key, expectationOf(record), change(record), now)
      })
      assertAnswer('read', await store.read(record.key, now), undefined)
      assertAnswer('delete', await store.delete(record.key), false)
    },
  },
  {
    // Catches a guessed result. Whatever must happen once, such as the event for a logout, depends on
    // it.
    name: 'exactly one of 20 parallel deletes returns true',
    async run({ store, stored }) {
      const record = await stored()
      const outcomes = await runConcurrently(Array.from({ length: 20 }), () => store.delete(record.key))
      const count = outcomes.filter(Boolean).length
      assert.equal(count, 1, `${count} deletes answered true, not 1`)
    },
  },
]
