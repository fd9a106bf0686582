// A sweep removes expired records from stores whose database does not. It runs alongside the traffic,
// so it works in small steps and must spare any record that is extended between two of them. It only
// frees space: no verb returns expired records, swept or not.
//
// To pass: delete by the condition itself (`where end <= ? limit ?`), so that an extended row no longer
// matches, and report that there is more as long as a step was full.

import assert from 'node:assert/strict'
import type { ExpirySweep, UserIndex } from '../../contract/capabilities.ts'
import type { SessionRecord, SessionStore } from '../../contract/store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex, sampleOwner } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'
import { listAll, listedOf } from './listed.ts'
import { readNewest } from './process-case.ts'

/** A sweep with more steps counts as endless. */
const mostSteps = 100_000

/** What `sweep` promises. */
export const sweepCases: readonly StoreCase[] = [
  {
    // Catches seconds instead of milliseconds: the manager would sweep a thousand times too often.
    name: 'sweepEvery is between a millisecond and a day',
    requires: ['sweep'],
    async run({ store }) {
      const { sweepEvery } = store as SessionStore & ExpirySweep
      assert.ok(
        sweepEvery >= 1 && sweepEvery <= 86_400_000,
        `sweepEvery is ${sweepEvery}, not 1 to 86400000 milliseconds`,
      )
    },
  },
  {
    // Catches `<` instead of `<=`, and a sweep that checks only one of the two ends.
    name: 'sweep removes records that expired at or before the given instant, and no others',
    requires: ['sweep'],
    async run({ store, now, stored }) {
      const gone = [await stored({ idleExpiresAt: now + 20_000 }), await stored({ endsAt: now + 20_000 })]
      const kept = [await stored({ idleExpiresAt: now + 20_001 }), await stored()]
      await sweepAll(store, now + 20_000, 10)
      for (const record of gone) assertAnswer('read', await readNewest(store, record.key, now), undefined)
      for (const record of kept) assertAnswer('read', await readNewest(store, record.key, now), record)
    },
  },
  {
    // Catches an ignored limit: one step over a million rows would block every request.
    name: 'sweep removes at most its limit in one step, and every expired record in the end',
    requires: ['sweep'],
    async run(context) {
      const { store, now, stored } = context
      const records: SessionRecord[] = []
      for (let count = 0; count < 40; count += 1) {
        // One in four is live and must be left at the end.
        records.push(await stored(count % 4 === 0 ? {} : { idleExpiresAt: now + 20_000 }))
      }
      let left = 40
      await sweepAll(store, now + 20_000, 7, async () => {
        const still = await countStored(context, records)
        assert.ok(left - still <= 7, `one step removed ${left - still} records, not at most 7`)
        left = still
      })
      assert.equal(left, 10, `${left} records are left, not 10`)
    },
  },
  {
    // Catches a cursor that never returns to the start.
    name: 'sweep removes what has expired since the previous sweep',
    requires: ['sweep'],
    async run({ store, now, stored }) {
      const early = await stored({ idleExpiresAt: now + 20_000 })
      const late = await stored({ idleExpiresAt: now + 30_000 })
      for (const [before, gone] of [
        [now + 20_000, early],
        [now + 30_000, late],
      ] as const) {
        assertAnswer('read', await readNewest(store, gone.key, now), gone)
        await sweepAll(store, before, 10)
        assertAnswer('read', await readNewest(store, gone.key, now), undefined)
      }
    },
  },
  {
    // Catches a sweep in order of recency or by offset, which new and used records keep from ever
    // ending.
    name: 'sweep ends even while records are used, created and deleted between its steps',
    requires: ['sweep'],
    async run({ store, now, stored }) {
      const kept: SessionRecord[] = []
      const gone: SessionRecord[] = []
      for (let count = 0; count < 12; count += 1) {
        kept.push(await stored())
        gone.push(await stored({ idleExpiresAt: now + 20_000 }))
      }
      let steps = 0
      await sweepAll(store, now + 20_000, 3, async () => {
        steps += 1
        for (const record of kept) await store.touch(record.key, now + steps, now + 60_000 + steps, now)
        const passing = await stored()
        await stored({ idleExpiresAt: now + 60_000 + steps })
        await store.delete(passing.key)
      })
      for (const record of gone) assertAnswer('read', await readNewest(store, record.key, now), undefined)
      for (const record of kept)
        assertHolds('read', await readNewest(store, record.key, now), { key: record.key })
    },
  },
  {
    // Catches a list of keys that is collected first and deleted later, whatever has happened in
    // between.
    name: 'sweep spares a record that a touch or commit extends meanwhile',
    requires: ['sweep'],
    async run({ store, now, stored, change }) {
      const touched = await stored({ idleExpiresAt: now + 20_000 })
      const committed = await stored({ idleExpiresAt: now + 20_000 })
      const [, wasTouched, wasCommitted] = await Promise.all([
        sweepAll(store, now + 20_000, 1000),
        store.touch(touched.key, now + 1, now + 60_001, now),
        store.commit(committed.key, expectationOf(committed), change(committed), now),
      ])
      // Either order is correct, but a touch or commit that returned true must have saved the record.
      for (const [{ key }, wasThere] of [
        [touched, wasTouched],
        [committed, wasCommitted],
      ] as const) {
        const found = await readNewest(store, key, now)
        if (wasThere) assertHolds('read', found, { key })
        else assertAnswer('read', found, undefined)
      }
    },
  },
  {
    // Catches an index that grows forever and lists ended sessions.
    name: 'sweep removes expired records from the user index too',
    requires: ['sweep'],
    async run({ store, now, stored }) {
      const users = store as SessionStore & Partial<UserIndex>
      const userId = `u_${randomHex(6)}`
      await stored({ userId, idleExpiresAt: now + 20_000 })
      const kept = await stored({ userId })
      await sweepAll(store, now + 20_000, 10)
      if (users.listByUser === undefined) return
      const listed = await listAll(store as SessionStore & UserIndex, sampleOwner(userId), now)
      assertAnswer('listByUser', listed, [listedOf(kept)])
    },
  },
]

/** Sweeps until there is no more. Fails on an answer that is not a boolean, and on an endless sweep. */
async function sweepAll(
  store: SessionStore,
  before: number,
  limit: number,
  afterStep: () => Promise<void> = async () => {},
): Promise<void> {
  const sweeper = store as SessionStore & ExpirySweep
  for (let step = 0; step < mostSteps; step += 1) {
    const more = await sweeper.sweep(before, limit)
    await afterStep()
    assert.equal(typeof more, 'boolean', `sweep answered ${more}, not true or false`)
    if (!more) return
  }
  throw new Error(`the sweep did not end within ${mostSteps} steps`)
}

/** How many of the records `read` still finds. */
async function countStored(
  { store, now }: StoreCaseContext,
  records: readonly SessionRecord[],
): Promise<number> {
  let count = 0
  for (const record of records) if ((await readNewest(store, record.key, now)) !== undefined) count += 1
  return count
}
