// A key is used only once. Because only `create` creates a row, an absent record stays absent. That is
// why a logout needs no tombstone, and why nobody can choose a session's key by writing to it first
// (session fixation, CWE-384).
//
// To pass: `insert … on conflict do nothing`, `SET … NX`, or a put on the condition that the key is
// absent. Derive the result from the number of rows, not from an error.

import assert from 'node:assert/strict'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What all verbs promise about absent keys: only `create` creates a row, and it overwrites none. */
export const noUpsertCases: readonly StoreCase[] = [
  {
    // Catches `insert or replace`: anyone with a guessed or leaked key could empty somebody's session.
    name: 'create over a live record returns false and changes nothing',
    async run({ store, now, record, stored }) {
      const first = await stored()
      assertAnswer('create', await store.create(record({ key: first.key, data: '"other"' }), now), false)
      assertAnswer('read', await store.read(first.key, now), first)
    },
  },
  {
    // Catches a lookup followed by an insert.
    name: 'exactly one of 20 parallel creates of one key succeeds',
    async run({ store, now, record }) {
      const first = record()
      const records = Array.from({ length: 20 }, () => record({ key: first.key }))
      const outcomes = await runConcurrently(records, (candidate) => store.create(candidate, now))
      const winners = records.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1, `${winners.length} creates answered true, not 1`)
      assertAnswer('read', await store.read(first.key, now), winners[0])
    },
  },
  {
    // Catches the upsert that undoes a logout.
    name: 'commit on an absent key returns false and creates nothing',
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
    // Catches a TTL that is set on nothing, and a row with two instants and no data.
    name: 'touch on an absent key returns false and creates nothing',
    async run({ store, now }) {
      const key = randomHex(32)
      assertAnswer('touch', await store.touch(key, now, now + 60_000, now), false)
      assertAnswer('read', await store.read(key, now), undefined)
    },
  },
]
