// The core promises once more, with the two sides of a race in different processes. A mutex, a queue or
// a map in memory makes the cases above pass, but does not help anybody who runs two servers.
//
// To pass: keep no state between verbs that another process could invalidate, or offer `readUncached`
// as well.

import assert from 'node:assert/strict'
import type { Awaitable } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { processCase, readNewest } from './process-case.ts'
import { checkOverlap } from './touch-cases.ts'

/** What a store promises when two processes use the same records; `peer` belongs to the other one. */
export const processCases: readonly StoreCase[] = [
  // Catches a cache that no other process can invalidate.
  processCase(
    'each reads what the other wrote, whatever it has read before',
    async ({ store, peer, now, stored, change }) => {
      const record = await stored()
      const readBoth = async (expected: unknown): Promise<void> => {
        for (const each of [store, peer]) {
          assertAnswer('read', await readNewest(each, record.key, now), expected)
          // Fills the cache, if the store has one.
          await each.read(record.key, now)
        }
      }
      await readBoth(record)
      const next = change(record, { data: '"by the other"' })
      assertAnswer('commit', await peer.commit(record.key, expectationOf(record), next, now), true)
      await readBoth({ ...record, ...next })
      assertAnswer('delete', await store.delete(record.key), true)
      await readBoth(undefined)
    },
  ),
  // Catches a lock that only this process sees.
  processCase(
    'exactly one of 20 parallel commits with the same expected version succeeds',
    async ({ store, peer, now, stored, change }) => {
      const record = await stored()
      const changes = Array.from({ length: 20 }, (_, index) => change(record, { data: `${index}` }))
      const outcomes = await runConcurrently(changes, (next, index) =>
        (index % 2 === 0 ? store : peer).commit(record.key, expectationOf(record), next, now),
      )
      const winners = changes.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1, `${winners.length} commits answered true, not 1`)
      assertAnswer('read', await readNewest(store, record.key, now), { ...record, ...winners[0] })
    },
  ),
  // The same for the first write.
  processCase(
    'exactly one of 10 parallel creates of one key succeeds',
    async ({ store, peer, now, record }) => {
      const first = record()
      const records = Array.from({ length: 10 }, () => record({ key: first.key }))
      const outcomes = await runConcurrently(records, (candidate, index) =>
        (index % 2 === 0 ? store : peer).create(candidate, now),
      )
      const winners = records.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1, `${winners.length} creates answered true, not 1`)
      assertAnswer('read', await readNewest(store, first.key, now), winners[0])
    },
  ),
  // Catches a touch that writes back a whole record it read earlier.
  processCase('overlapping touches and commits do not undo each other', (context) =>
    checkOverlap(context, context.peer),
  ),
  // Catches a write-behind cache: it would write after the other process has deleted.
  processCase('a delete is final', async ({ store, peer, now, stored, change }) => {
    for (let round = 0; round < 10; round += 1) {
      const record = await stored()
      await runConcurrently([peer, store, store], (each, index): Awaitable<boolean> => {
        if (index === 0) return each.delete(record.key)
        if (index === 1) return each.commit(record.key, expectationOf(record), change(record), now)
        return each.touch(record.key, now + 9, now + 60_009, now)
      })
      assertAnswer('read', await readNewest(store, record.key, now), undefined)
    }
  }),
  // Catches an owner that is compared with what this process has cached, or read before it deletes.
  processCase(
    'a delete with an owner ends no login of the other',
    async ({ store, peer, now, stored, change }) => {
      for (let round = 0; round < 10; round += 1) {
        const record = await stored()
        const login = change(record, { userId: 'u_1' })
        await store.read(record.key, now)
        const acts = [
          () => store.delete(record.key, null),
          () => peer.commit(record.key, expectationOf(record), login, now),
        ]
        const isDeleteFirst = round % 2 === 0
        const outcomes = await runConcurrently(isDeleteFirst ? acts : acts.toReversed(), (act) => act())
        const [isDeleted, isIn] = isDeleteFirst ? outcomes : outcomes.toReversed()
        assertAnswer('delete', isDeleted, !isIn)
        const expected = isIn ? { ...record, ...login } : undefined
        assertAnswer('read', await readNewest(store, record.key, now), expected)
      }
    },
  ),
]
