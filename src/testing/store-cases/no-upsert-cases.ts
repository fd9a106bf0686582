// A key is used once. Because only `create` makes a row, what is absent stays absent: that is why a
// logout needs no tombstone, and why nobody can choose a session's key by writing to it first
// (session fixation, CWE-384).
//
// To pass: `insert … on conflict do nothing`, `SET … NX` or a put on the condition that the key is
// absent, and the number of rows, not of errors, as the answer.

import assert from 'node:assert/strict'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { together } from '../together.ts'

/** Only `create` makes a row, and it overwrites none. */
export const noUpsertCases: readonly StoreCase[] = [
  {
    // Finds `insert or replace`: with a guessed or leaked key it would empty somebody's session.
    name: 'create over a live record is false and changes nothing',
    async run({ store, now, record, stored }) {
      const first = await stored()
      assertAnswer('create', await store.create(record({ key: first.key, data: '"other"' }), now), false)
      assertAnswer('read', await store.read(first.key, now), first)
    },
  },
  {
    // Finds a look and then an insert.
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
    // Finds the upsert that undoes a logout.
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
    // Finds a TTL that is set on nothing, or a row with two instants and no data.
    name: 'touch on an absent key is false and creates nothing',
    async run({ store, now }) {
      const key = randomHex(32)
      assertAnswer('touch', await store.touch(key, now, now + 60_000, now), false)
      assertAnswer('read', await store.read(key, now), undefined)
    },
  },
]
