// A touch records that a session is in use. It runs alongside commits, in any order and often late, so
// it may only move instants forward and must not count as a change. A touch that writes back the whole
// record is the classic lost update of session stores, in which loading a page undoes saving a form.
//
// To pass: set the two columns and nothing else, each to the greater of the stored and the given value,
// and count matched rows, not changed ones.

import type { SessionStore } from '../../contract/store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** What `touch` promises. */
export const touchCases: readonly StoreCase[] = [
  {
    // Catches a touch that writes back what it has read, and one that increments the version.
    name: 'touch moves both instants forward and leaves everything else unchanged',
    async run({ store, now, stored }) {
      const record = await stored({ userId: 'u_1', details: 'Firefox', version: 3, createdAt: now - 5_000 })
      assertAnswer('touch', await store.touch(record.key, now + 9_000, now + 69_000, now), true)
      const expected = { ...record, lastSeenAt: now + 9_000, idleExpiresAt: now + 69_000 }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Catches the lost update: data from before the commit must not return.
    name: 'touch keeps what a commit has written',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const next = change(record, { data: '"written"', userId: 'u_1' })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), next, now), true)
      assertAnswer('touch', await store.touch(record.key, now + 1_000, now + 61_000, now), true)
      const expected = { ...record, ...next, lastSeenAt: now + 1_000, idleExpiresAt: now + 61_000 }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Catches a TTL that stays where creation set it.
    name: 'touch keeps the session alive past its former idleExpiresAt',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      assertAnswer('touch', await store.touch(record.key, now + 29_999, now + 3_000_000, now + 29_999), true)
      assertHolds('read', await store.read(record.key, now + 2_999_999), { key: record.key })
      assertAnswer('read', await store.read(record.key, now + 3_000_000), undefined)
    },
  },
  {
    // Catches a plain assignment of either instant: two requests may reach the store in the wrong
    // order.
    name: 'touch never moves either instant back',
    async run({ store, now, stored }) {
      const record = await stored({ lastSeenAt: now + 5_000, idleExpiresAt: now + 50_000 })
      assertAnswer('touch', await store.touch(record.key, now, now + 10_000, now), true)
      assertAnswer('read', await store.read(record.key, now), record)
      assertAnswer('touch', await store.touch(record.key, now, now + 60_000, now), true)
      assertAnswer('read', await store.read(record.key, now), { ...record, idleExpiresAt: now + 60_000 })
      assertAnswer('touch', await store.touch(record.key, now + 6_000, now, now), true)
      const expected = { ...record, lastSeenAt: now + 6_000, idleExpiresAt: now + 60_000 }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Catches a result derived from the number of changed rows, which is 0 in MySQL when an update
    // leaves the row as it was.
    name: 'touch that moves nothing still returns true',
    async run({ store, now, stored }) {
      const record = await stored()
      assertAnswer('touch', await store.touch(record.key, record.lastSeenAt, record.idleExpiresAt, now), true)
      assertAnswer('read', await store.read(record.key, now), record)
    },
  },
  {
    // Catches a missing cap: lists would show the session as live beyond `maxAge`.
    name: 'touch never moves idleExpiresAt past endsAt',
    async run({ store, now, stored }) {
      const record = await stored({ endsAt: now + 70_000 })
      assertAnswer('touch', await store.touch(record.key, now + 1_000, now + 999_000, now), true)
      const expected = { ...record, lastSeenAt: now + 1_000, idleExpiresAt: now + 70_000 }
      assertAnswer('read', await store.read(record.key, now), expected)
      assertAnswer('read', await store.read(record.key, now + 70_000), undefined)
    },
  },
  {
    // Catches a touch or a commit that reads and writes in two steps.
    name: 'overlapping touches and commits do not undo each other',
    run: (context) => checkOverlap(context, context.store),
  },
  {
    // The same between touches: the last to arrive is not necessarily the latest.
    name: 'parallel touches leave the latest instants',
    async run({ store, now, stored }) {
      const record = await stored()
      // Out of order, and the latest is neither first nor last.
      const steps = [7, 3, 20, 1, 12, 19, 5]
      await runConcurrently(steps, (step) => store.touch(record.key, now + step, now + 60_000 + step, now))
      const expected = { ...record, lastSeenAt: now + 20, idleExpiresAt: now + 60_020 }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  },
]

/** Commits through the store, one after another, while touching through the peer. */
export async function checkOverlap(
  { store, now, stored, change }: StoreCaseContext,
  peer: SessionStore,
): Promise<void> {
  for (const isTouchFirst of [true, false]) {
    const record = await stored()
    let newest = record
    const commits = async (): Promise<void> => {
      for (let step = 1; step <= 5; step += 1) {
        const next = change(newest, { data: `${step}` })
        assertAnswer('commit', await store.commit(record.key, expectationOf(newest), next, now), true)
        newest = Object.assign({}, newest, next)
      }
    }
    const touches = async (): Promise<void> => {
      for (let step = 1; step <= 5; step += 1)
        assertAnswer('touch', await peer.touch(record.key, now + step, now + 60_000 + step, now), true)
    }
    await runConcurrently(isTouchFirst ? [touches, commits] : [commits, touches], (act) => act())
    const expected = { ...newest, lastSeenAt: now + 5, idleExpiresAt: now + 60_005 }
    assertAnswer('read', await store.read(record.key, now), expected)
  }
}
