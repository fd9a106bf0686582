// A session ends at an instant, not some time after it (CWE-613). Databases remove rows by a TTL of
// their own, often a minute late and by a different clock, so a store must compare with the `now` it is
// given, in every verb. The cases test to the millisecond because `>` instead of `>=` is the usual
// mistake.
//
// To pass: every condition contains `min(idle_expires_at, ends_at) > :now`, with the `now` of the call.
// Set the database's own TTL at least a minute later, and move it with each touch and commit.

import type { RecordChange, SessionRecord } from '../../contract/store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** What every verb promises about expiry: an expired record is absent, to the millisecond. */
export const expiryCases: readonly StoreCase[] = [
  {
    // Catches `>` instead of `>=`, and seconds instead of milliseconds.
    name: 'a record expires at the very millisecond of idleExpiresAt',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      assertAnswer('read', await store.read(record.key, now + 29_999), record)
      assertAnswer('read', await store.read(record.key, now + 30_000), undefined)
    },
  },
  {
    // Catches a store that checks only one of the two ends: `maxAge` would have no effect while the
    // session is in use.
    name: 'a record expires at the very millisecond of endsAt, even if idleExpiresAt is later',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 60_000, endsAt: now + 30_000 })
      assertAnswer('read', await store.read(record.key, now + 29_999), record)
      assertAnswer('read', await store.read(record.key, now + 30_000), undefined)
    },
  },
  {
    // Catches `now()` in SQL, and a TTL instead of a comparison: the clocks of two machines differ.
    name: 'read uses the instant it is given, not the clock of the store',
    async run({ store, now, record, stored }) {
      // A read in the future and one in the past, each against the store's own clock.
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
    // Catches a store that treats an expired record as absent here: an old token would then open
    // somebody else's new session.
    name: 'create over an expired record returns false and revives nothing',
    async run({ store, now, record, stored }) {
      const first = await stored({ idleExpiresAt: now + 20_000, endsAt: now + 20_000 })
      const later = now + 21_000
      assertAnswer('create', await store.create(record({ key: first.key, data: '"other"' }), later), false)
      assertAnswer('read', await store.read(first.key, later), undefined)
      assertAnswer('read', await store.read(first.key, now), first)
    },
  },
  {
    // Catches a commit without the expiry condition: a form submitted an hour late would revive the
    // session.
    name: 'commit on a record past its idleExpiresAt returns false and revives nothing',
    run: (context) => checkLateCommit(context, { idleExpiresAt: context.now + 30_000 }, { data: '"late"' }),
  },
  {
    // Catches a comparison with the new end instead of the stored one.
    name: 'commit on a record past its endsAt returns false, even if the change would extend it',
    run: (context) =>
      checkLateCommit(
        context,
        { idleExpiresAt: context.now + 60_000, endsAt: context.now + 30_000 },
        { endsAt: context.now + 9_000_000 },
      ),
  },
  {
    // The other side of the boundary. Catches a store that ends sessions early.
    name: 'commit a millisecond before the end succeeds',
    async run({ store, now, stored, change }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      const last = change(record, { lastSeenAt: now + 29_999, data: '"in time"' })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), last, now + 29_999), true)
      assertHolds('read', await store.read(record.key, now + 30_000), { data: '"in time"' })
    },
  },
  {
    // Catches a touch that revives: a browser that polls would never reach its idle timeout.
    name: 'touch on a record past its idleExpiresAt returns false and revives nothing',
    run: (context) => checkLateTouch(context, { idleExpiresAt: context.now + 30_000 }),
  },
  {
    // Catches a touch that checks only the idle end.
    name: 'touch on a record past its endsAt returns false and revives nothing',
    run: (context) =>
      checkLateTouch(context, { idleExpiresAt: context.now + 60_000, endsAt: context.now + 30_000 }),
  },
  {
    // Catches a delete that skips expired records: the row would reappear for a server whose clock is
    // behind.
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

/** Commits at the very instant at which a record expires: it returns false and leaves the record unchanged. */
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

/** The same with a touch, which would otherwise keep an idle session alive forever. */
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
