import assert from 'node:assert/strict'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { together } from '../together.ts'

/** Only `create` makes a row, and it overwrites none. */
export const noUpsertCases: readonly StoreCase[] = [
  {
    name: 'create over a live record is false and changes nothing',
    async run({ store, now, record, stored }) {
      const first = await stored()
      assertAnswer('create', await store.create(record({ key: first.key, data: '"other"' }), now), false)
      assertAnswer('read', await store.read(first.key, now), first)
    },
  },
  {
    name: 'of 20 parallel creates of one key exactly one happens',
    async run({ store, now, record }) {
      const first = record()
      const records = Array.from({ length: 20 }, () => record({ key: first.key }))
      const outcomes = await together(records, (candidate) => store.create(candidate, now))
      const winners = records.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1, `${winners.length} creates answered true, not 1`)
      assertAnswer('read', await store.read(first.key, now), winners[0])
    },
  },
  {
    name: 'commit on an absent key is false and creates nothing',
    async run({ store, now, record, change }) {
      const absent = record()
      assertAnswer(
        'commit',
        await store.commit(absent.key, expectationOf(absent), change(absent), now),
        false,
      )
      assertAnswer('read', await store.read(absent.key, now), undefined)
    },
  },
  {
    name: 'touch on an absent key is false and creates nothing',
    async run({ store, now }) {
      const key = randomHex(32)
      assertAnswer('touch', await store.touch(key, now, now + 60_000, now), false)
      assertAnswer('read', await store.read(key, now), undefined)
    },
  },
]
