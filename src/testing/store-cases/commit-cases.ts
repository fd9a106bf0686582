// Compare and swap is the heart of the contract. A manager that loses a race reads again and replays,
// so all it needs from a store is that exactly one of several commits with the same expected version
// succeeds and the others get `false`. A store that reads, compares in its own code and then writes
// passes every case here except the parallel ones; those are why a store needs one atomic statement,
// script or transaction.
//
// To pass: put the condition into the statement that writes. In SQL that is `update … where key = ? and
// version = ? and …`, in Redis a script, in a document database a filtered update or a conditional put.
// A transaction around a select and an update needs isolation level `serializable` or a row lock, and a
// retry.

import assert from 'node:assert/strict'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf, randomHex, sampleOwner } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** A year in milliseconds, which does not fit in 32 bits. */
const idleYear = 31_536_000_000

/** What `commit` promises: it is applied to the state it expects, or not at all. */
export const commitCases: readonly StoreCase[] = [
  {
    // Catches a forgotten column, a parameter bound to the wrong column, and 32-bit integers: a year of
    // idle time and a high version do not fit.
    name: 'commit writes everything it may change and nothing else',
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
        rotatedAt: now + 1,
        lastSeenAt: now + 3,
        idleTimeout: idleYear,
        lifetimes: 'own' as const,
        endsAt: now + 2 * idleYear,
        userId: 'u_1',
        owner: sampleOwner('u_1'),
        details: 'Safari',
      }
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), change, now), true)
      const expected = { ...record, ...change, idleExpiresAt: now + 3 + idleYear }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Catches a store that merges instead of replacing: a user who has logged out, or a verifier past
    // its grace period, would stay in the row and keep giving access to the session.
    name: 'commit removes every optional property that the change omits',
    async run({ store, now, stored, change }) {
      const rotated = { previousVerifierHash: randomHex(32), graceUntil: now + 1, rotatedAt: now }
      const loggedIn = { authenticatedAt: now, lifetimes: 'own' as const, userId: 'u_1', details: 'Opera' }
      const record = await stored({ ...rotated, ...loggedIn })
      const bare = change(record, {
        previousVerifierHash: undefined,
        graceUntil: undefined,
        rotatedAt: undefined,
        authenticatedAt: undefined,
        lifetimes: undefined,
        userId: undefined,
        owner: undefined,
        details: undefined,
      })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), bare, now), true)
      const { key, handle, format, createdAt, idleExpiresAt } = record
      const expected = { key, handle, format, createdAt, idleExpiresAt, ...bare }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Catches a comparison with `<=`, or none at all: the later of two overlapping requests would
    // overwrite the earlier one.
    name: 'commit with a wrong version returns false and changes nothing',
    async run({ store, now, stored, change }) {
      // Both an older and a newer version than the stored one are wrong.
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
    // Catches a `where` clause without the key. The two records share their commit ids on purpose; in
    // practice only a bug could cause that.
    name: 'commit changes no other record',
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
    // Catches the gap between a read and a write. With 50 attempts a racy store has little chance of
    // passing by luck.
    name: 'exactly one of 50 parallel commits with the same expected version succeeds',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const changes = Array.from({ length: 50 }, (_, index) => change(record, { data: `${index}` }))
      const outcomes = await runConcurrently(changes, (next) =>
        store.commit(record.key, expectationOf(record), next, now),
      )
      const winners = changes.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1, `${winners.length} commits answered true, not 1`)
      assertAnswer('read', await store.read(record.key, now), { ...record, ...winners[0] })
    },
  },
  {
    // Catches a record stored in several places, such as a hash written field by field: a reader could
    // see the new user with the old verifier.
    name: 'a read during a commit sees the record before or after it, never a mix',
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
    // Catches a touch that increments the version: every second page view of an active visitor would
    // end in a conflict.
    name: 'a touch never makes a commit fail',
    async run({ store, now, stored, change }) {
      const record = await stored()
      await store.touch(record.key, now + 1_000, now + 61_000, now)
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), change(record), now), true)
    },
  },
]
