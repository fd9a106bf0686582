// The promises once more, with the two sides of a race in different processes. A mutex, a queue or
// a map in memory makes the cases before these pass and helps nobody who runs two servers.
//
// To pass: keep no state between verbs that another process could make wrong, or offer
// `readUncached` beside it.

import assert from 'node:assert/strict'
import type { Awaitable } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { together } from '../together.ts'
import { processCase, readNewest } from './process-case.ts'
import { checkOverlap } from './touch-cases.ts'

/** What holds when two processes use the same records: `peer` stands for the other one. */
export const processCases: readonly StoreCase[] = [
  // Finds a cache that no other process can invalidate.
  processCase(
    'what one writes the other reads, whatever both have read before',
    async ({ store, peer, now, stored, change }) => {
      const record = await stored()
      const readBoth = async (expected: unknown): Promise<void> => {
        for (const each of [store, peer]) {
          assertAnswer('read', await readNewest(each, record.key, now), expected)
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
  // Finds a lock that only this process sees.
  processCase(
    'of parallel commits with the same expectation exactly one happens',
    async ({ store, peer, now, stored, change }) => {
      const record = await stored()
      const changes = Array.from({ length: 20 }, (_, index) => change(record, { data: `${index}` }))
      const outcomes = await together(changes, (next, index) =>
        (index % 2 === 0 ? store : peer).commit(record.key, expectationOf(record), next, now),
      )
      const winners = changes.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1, `${winners.length} commits answered true, not 1`)
      assertAnswer('read', await readNewest(store, record.key, now), { ...record, ...winners[0] })
    },
  ),
  // Finds the same for the first write.
  processCase('of parallel creates of one key exactly one happens', async ({ store, peer, now, record }) => {
    const first = record()
    const records = Array.from({ length: 10 }, () => record({ key: first.key }))
    const outcomes = await together(records, (candidate, index) =>
      (index % 2 === 0 ? store : peer).create(candidate, now),
    )
    const winners = records.filter((_, index) => outcomes[index])
    assert.equal(winners.length, 1, `${winners.length} creates answered true, not 1`)
    assertAnswer('read', await readNewest(store, first.key, now), winners[0])
  }),
  // Finds a touch that writes back a whole record it has read before.
  processCase('of touches and commits that overlap none undoes the other', (context) =>
    checkOverlap(context, context.peer),
  ),
  // Finds a write-behind cache: it would write after the other process has deleted.
  processCase('a delete is final', async ({ store, peer, now, stored, change }) => {
    for (let round = 0; round < 10; round += 1) {
      const record = await stored()
      await together([peer, store, store], (each, index): Awaitable<boolean> => {
        if (index === 0) return each.delete(record.key)
        if (index === 1) return each.commit(record.key, expectationOf(record), change(record), now)
        return each.touch(record.key, now + 9, now + 60_009, now)
      })
      assertAnswer('read', await readNewest(store, record.key, now), undefined)
    }
  }),
]
