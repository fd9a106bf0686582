// The heart of the contract: compare and swap. A manager that loses a race reads again and replays,
// so all it asks of a store is that of several commits with one expectation a single one happens,
// and that the loser hears `false`. A store that reads, compares in its own code and then writes
// passes every case here but the parallel ones; they are why a store needs one atomic statement,
// script or transaction.
//
// To pass: put the condition into the statement that writes. In SQL that is `update … where key = ?
// and version = ? and …`, in Redis a script, in a document database a filtered update or a
// conditional put. A transaction around a select and an update needs the isolation level
// `serializable` or a row lock, and then a way to try again.

import assert from 'node:assert/strict'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { together } from '../together.ts'

/** In milliseconds: more than 32 bits hold. */
const idleYear = 31_536_000_000

/** A commit happens on the state it expects or not at all, however many ask at once. */
export const commitCases: readonly StoreCase[] = [
  {
    // Finds a forgotten column, one bound to the wrong parameter, and 32-bit integers: a year of idle
    // time and a late version do not fit.
    name: 'commit writes all that it may change and nothing else',
    async run({ store, now, stored }) {
      const record = await stored({ createdAt: now - 5_000, version: 100_000 })
      const change = {
        verifierHash: randomHex(32),
        previousVerifierHash: record.verifierHash,
        graceUntil: now + 10_000,
        version: 100_001,
        commitIds: [randomHex(8), ...record.commitIds],
        data: '{"step":2}',
        authenticatedAt: now + 2,
        lastSeenAt: now + 3,
        idleTimeout: idleYear,
        endsAt: now + 2 * idleYear,
        userId: 'u_1',
        details: 'Safari',
      }
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), change, now), true)
      const expected = { ...record, ...change, idleExpiresAt: now + 3 + idleYear }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Finds a store that merges instead of replacing: a user who left, or a verifier out of its grace,
    // would stay in the row and keep opening the session.
    name: 'commit removes every optional property that the change does not name',
    async run({ store, now, stored, change }) {
      const full = { previousVerifierHash: randomHex(32), graceUntil: now + 1, authenticatedAt: now }
      const record = await stored({ ...full, userId: 'u_1', details: 'Opera' })
      const bare = change(record, {
        previousVerifierHash: undefined,
        graceUntil: undefined,
        authenticatedAt: undefined,
        userId: undefined,
        details: undefined,
      })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), bare, now), true)
      const { key, handle, format, createdAt, idleExpiresAt } = record
      const expected = { key, handle, format, createdAt, idleExpiresAt, ...bare }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Finds a comparison with `<=`, or none: the later of two overlapping requests would wipe out the
    // earlier one.
    name: 'commit on another version is false and changes nothing',
    async run({ store, now, stored, change }) {
      const record = await stored({ version: 5 })
      for (const version of [4, 6]) {
        const expected = { ...expectationOf(record), version }
        assertAnswer(
          'commit',
          await store.commit(record.key, expected, change(record, { data: '"x"' }), now),
          false,
        )
      }
      assertAnswer('read', await store.read(record.key, now), record)
    },
  },
  {
    // Finds a `where` without the key: commit ids are made here alike on purpose, which in practice
    // only a bug could do.
    name: 'commit touches no other record',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const { commitIds, verifierHash, handle } = record
      const twin = await stored({ commitIds, verifierHash, handle })
      assertAnswer(
        'commit',
        await store.commit(record.key, expectationOf(record), change(record, { data: '"x"' }), now),
        true,
      )
      assertAnswer('read', await store.read(twin.key, now), twin)
    },
  },
  {
    // Finds the gap between a read and a write. With one of 50 the chance that a racy store passes is
    // small.
    name: 'of 50 parallel commits with the same expectation exactly one happens',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const changes = Array.from({ length: 50 }, (_, index) => change(record, { data: `${index}` }))
      const outcomes = await together(changes, (next) =>
        store.commit(record.key, expectationOf(record), next, now),
      )
      const winners = changes.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1, `${winners.length} commits answered true, not 1`)
      assertAnswer('read', await store.read(record.key, now), { ...record, ...winners[0] })
    },
  },
  {
    // Finds a record kept in several places, such as a hash field by field: a reader could meet the new
    // user with the old verifier.
    name: 'a read beside a commit finds the record before it or after it, never between',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const next = change(record, { data: '"in"', userId: 'u_1', verifierHash: randomHex(32) })
      const readAll = async (): Promise<void> => {
        for (let count = 0; count < 10; count += 1) {
          const found = await store.read(record.key, now)
          const isBefore = found?.version === record.version
          assertAnswer('read', found, isBefore ? record : { ...record, ...next })
        }
      }
      const [isDone] = await Promise.all([
        store.commit(record.key, expectationOf(record), next, now),
        readAll(),
      ])
      assertAnswer('commit', isDone, true)
    },
  },
  {
    // Finds a touch that counts as a version: every second page view of a busy visitor would then end
    // in a conflict.
    name: 'touch stands in the way of no commit',
    async run({ store, now, stored, change }) {
      const record = await stored()
      await store.touch(record.key, now + 1_000, now + 61_000, now)
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), change(record), now), true)
    },
  },
]
