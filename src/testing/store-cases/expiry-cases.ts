// A session ends at an instant, not some time after it. Databases remove by a TTL of their own,
// often a minute late and by another clock, so a store must compare with the `now` it is handed, in
// every verb. The cases go to the millisecond because `>` for `>=` is the usual slip.
//
// To pass: every condition contains `min(idle_expires_at, ends_at) > :now`, with the `now` of the
// call. Set the database's own TTL at least a minute later, and move it with each touch and commit.

import type { RecordChange, SessionRecord } from '../../store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** What has expired is absent to every verb, at the very millisecond. */
export const expiryCases: readonly StoreCase[] = [
  {
    // Finds `>` for `>=`, and seconds in the place of milliseconds.
    name: 'read ends at the very millisecond of idleExpiresAt',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      assertAnswer('read', await store.read(record.key, now + 29_999), record)
      assertAnswer('read', await store.read(record.key, now + 30_000), undefined)
    },
  },
  {
    // Finds a store that looks at one end only: `maxAge` would mean nothing while the session is used.
    name: 'read ends at the very millisecond of endsAt, even if idleExpiresAt were later',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 60_000, endsAt: now + 30_000 })
      assertAnswer('read', await store.read(record.key, now + 29_999), record)
      assertAnswer('read', await store.read(record.key, now + 30_000), undefined)
    },
  },
  {
    // Finds `now()` in SQL and a TTL in the place of a comparison: clocks of two machines differ.
    name: 'read goes by the instant it is given, not by a clock of the store',
    async run({ store, now, record, stored }) {
      const young = await stored({ idleExpiresAt: now + 30_000 })
      assertAnswer('read', await store.read(young.key, now + 30_000), undefined)
      assertAnswer('read', await store.read(young.key, now), young)
      const late = now - 30_000
      const old = record({ idleExpiresAt: late + 20_000 })
      assertAnswer('create', await store.create(old, late), true)
      assertAnswer('read', await store.read(old.key, late), old)
    },
  },
  {
    // Finds a store that takes the expired for absent here: an old token would open somebody's new
    // session.
    name: 'create over an expired record is false and brings nothing to life',
    async run({ store, now, record, stored }) {
      const first = await stored({ idleExpiresAt: now + 20_000, endsAt: now + 20_000 })
      const later = now + 21_000
      assertAnswer('create', await store.create(record({ key: first.key, data: '"other"' }), later), false)
      assertAnswer('read', await store.read(first.key, later), undefined)
      assertAnswer('read', await store.read(first.key, now), first)
    },
  },
  {
    // Finds a commit without the condition: a form sent an hour late would bring the session back to
    // life.
    name: 'commit on a record whose idle end has come is false and revives nothing',
    run: (context) => checkLateCommit(context, { idleExpiresAt: context.now + 30_000 }, { data: '"late"' }),
  },
  {
    // Finds a comparison with the new end in the place of the stored one.
    name: 'commit on a record whose end has come is false, even if the change would extend it',
    run: (context) =>
      checkLateCommit(
        context,
        { idleExpiresAt: context.now + 60_000, endsAt: context.now + 30_000 },
        { endsAt: context.now + 9_000_000 },
      ),
  },
  {
    // The other side of the line: finds a store that ends sessions early.
    name: 'commit a millisecond before the end is in time',
    async run({ store, now, stored, change }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      const last = change(record, { lastSeenAt: now + 29_999, data: '"in time"' })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), last, now + 29_999), true)
      assertHolds('read', await store.read(record.key, now + 30_000), { data: '"in time"' })
    },
  },
  {
    // Finds the touch that revives: with it no idle timeout ever comes for a browser that polls.
    name: 'touch on a record whose idle end has come is false and revives nothing',
    run: (context) => checkLateTouch(context, { idleExpiresAt: context.now + 30_000 }),
  },
  {
    // Finds a touch that looks at the idle end alone.
    name: 'touch on a record whose end has come is false and revives nothing',
    run: (context) =>
      checkLateTouch(context, { idleExpiresAt: context.now + 60_000, endsAt: context.now + 30_000 }),
  },
  {
    // Finds a delete that does not see the expired: the row would come back for whoever has a slower
    // clock.
    name: 'delete removes an expired record for good',
    async run({ store, now, stored }) {
      const late = now - 30_000
      for (const at of [now, late]) {
        const record = await stored({ idleExpiresAt: at + 20_000 })
        assertAnswer('read', await store.read(record.key, at + 20_000), undefined)
        assertAnswer('delete', await store.delete(record.key), true)
        assertAnswer('read', await store.read(record.key, at), undefined)
        assertAnswer('delete', await store.delete(record.key), false)
      }
    },
  },
]

/** A commit at the very instant at which a record ends: nothing happens to it, and it stays as it was. */
async function checkLateCommit(
  { store, now, stored, change }: StoreCaseContext,
  ends: Partial<SessionRecord>,
  late: Partial<RecordChange>,
): Promise<void> {
  const record = await stored(ends)
  const end = now + 30_000
  const next = change(record, { lastSeenAt: end, ...late })
  assertAnswer('commit', await store.commit(record.key, expectationOf(record), next, end), false)
  assertAnswer('read', await store.read(record.key, end), undefined)
  assertAnswer('read', await store.read(record.key, now), record)
}

/** The same with a touch, which would otherwise keep an idle session alive for ever. */
async function checkLateTouch(
  { store, now, stored }: StoreCaseContext,
  ends: Partial<SessionRecord>,
): Promise<void> {
  const record = await stored(ends)
  const end = now + 30_000
  assertAnswer('touch', await store.touch(record.key, end, now + 90_000, end), false)
  assertAnswer('read', await store.read(record.key, end), undefined)
  assertAnswer('read', await store.read(record.key, now), record)
}
