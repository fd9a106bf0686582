// Removing the expired from stores that do not do so by themselves. A sweep runs beside the
// traffic, so it goes in small steps and must spare whatever came back to life between two of them.
// It only frees room: no verb shows the expired, swept or not.
//
// To pass: delete by the condition itself (`where end <= ? limit ?`), so that a row that was moved
// on no longer meets it, and report more to do as long as a step was full.

import assert from 'node:assert/strict'
import type { ExpirySweep, UserIndex } from '../../capabilities.ts'
import type { SessionRecord, SessionStore } from '../../store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** A sweep that takes more is taken for one without end. */
const mostSteps = 100_000

/** What `sweep` promises. */
export const sweepCases: readonly StoreCase[] = [
  {
    // Finds seconds where milliseconds are meant: the manager would sweep a thousand times too often.
    name: 'sweep tells how often it should run',
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
    // Finds `<` for `<=`, and a sweep that looks at one of the two ends.
    name: 'sweep removes what expired at or before the instant, and nothing else',
    requires: ['sweep'],
    async run({ store, now, stored }) {
      const gone = [await stored({ idleExpiresAt: now + 20_000 }), await stored({ endsAt: now + 20_000 })]
      const kept = [await stored({ idleExpiresAt: now + 20_001 }), await stored()]
      await sweepAll(store, now + 20_000, 10)
      for (const record of gone) assertAnswer('read', await store.read(record.key, now), undefined)
      for (const record of kept) assertAnswer('read', await store.read(record.key, now), record)
    },
  },
  {
    // Finds a limit that is ignored: one step over a million rows would hold up every request.
    name: 'sweep removes at most as many as its limit in one step, and all in the end',
    requires: ['sweep'],
    async run(context) {
      const { store, now, stored } = context
      const records: SessionRecord[] = []
      for (let count = 0; count < 40; count += 1) {
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
    // Finds a cursor that never starts again at the front.
    name: 'sweep finds what has expired since the last one',
    requires: ['sweep'],
    async run({ store, now, stored }) {
      const early = await stored({ idleExpiresAt: now + 20_000 })
      const late = await stored({ idleExpiresAt: now + 30_000 })
      for (const [before, gone] of [
        [now + 20_000, early],
        [now + 30_000, late],
      ] as const) {
        assertAnswer('read', await store.read(gone.key, now), gone)
        await sweepAll(store, before, 10)
        assertAnswer('read', await store.read(gone.key, now), undefined)
      }
    },
  },
  {
    // Finds a walk by recency or by offset, which new and used records keep from ever ending.
    name: 'sweep comes to an end while records are used, made and deleted between its steps',
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
      for (const record of gone) assertAnswer('read', await store.read(record.key, now), undefined)
      for (const record of kept) assertHolds('read', await store.read(record.key, now), { key: record.key })
    },
  },
  {
    // Finds a list of keys that is collected first and deleted later, whatever has happened meanwhile.
    name: 'sweep spares what a touch or a commit has moved on meanwhile',
    requires: ['sweep'],
    async run({ store, now, stored, change }) {
      const touched = await stored({ idleExpiresAt: now + 20_000 })
      const committed = await stored({ idleExpiresAt: now + 20_000 })
      const [, wasTouched, wasCommitted] = await Promise.all([
        sweepAll(store, now + 20_000, 1000),
        store.touch(touched.key, now + 1, now + 60_001, now),
        store.commit(committed.key, expectationOf(committed), change(committed), now),
      ])
      for (const [{ key }, wasThere] of [
        [touched, wasTouched],
        [committed, wasCommitted],
      ] as const) {
        const found = await store.read(key, now)
        if (wasThere) assertHolds('read', found, { key })
        else assertAnswer('read', found, undefined)
      }
    },
  },
  {
    // Finds an index that grows for ever and names the dead.
    name: 'sweep takes the removed from the user index too',
    requires: ['sweep'],
    async run({ store, now, stored }) {
      const users = store as SessionStore & Partial<UserIndex>
      const userId = `u_${randomHex(6)}`
      await stored({ userId, idleExpiresAt: now + 20_000 })
      const kept = await stored({ userId })
      await sweepAll(store, now + 20_000, 10)
      if (users.listByUser) assertAnswer('listByUser', await users.listByUser(userId, now), [kept])
    },
  },
]

/**
 * Steps until there is no more. Fails on an answer that is neither true nor false, and on a sweep
 * without end.
 */
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
  throw new Error(`the sweep found no end in ${mostSteps} steps`)
}

/** How many of the records a read still finds. */
async function countStored(
  { store, now }: StoreCaseContext,
  records: readonly SessionRecord[],
): Promise<number> {
  let count = 0
  for (const record of records) if ((await store.read(record.key, now)) !== undefined) count += 1
  return count
}
