// A commit derives the idle end from the last use it knows of, and a touch may have moved that
// meanwhile without changing the version. The store must therefore take the later instant itself, in
// the same atomic step: a manager that computed it beforehand would undo the touch.
//
// To pass: `last_seen_at = greatest(last_seen_at, ?)` in the statement that commits, and the idle end
// from the same expression. In standard SQL every right-hand side sees the row as it was; in MySQL a
// column assigned earlier in the statement already has its new value.

import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What `commit` promises about the instants it derives. */
export const commitTimeCases: readonly StoreCase[] = [
  {
    // Catches a plain assignment: a slow request would make the session look less recently used than it
    // is and end it early.
    name: 'commit keeps the later lastSeenAt when the given one is older',
    async run({ store, now, stored, change }) {
      const record = await stored({ lastSeenAt: now + 8_000 })
      const next = change(record, { lastSeenAt: now + 1_000, idleTimeout: 50_000 })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), next, now), true)
      const expected = { lastSeenAt: now + 8_000, idleExpiresAt: now + 58_000 }
      assertHolds('read', await store.read(record.key, now), expected)
    },
  },
  {
    // The same in the order in which it happens: read, touch by another request, commit.
    name: 'commit does not undo a touch that came in between',
    async run({ store, now, stored, change }) {
      const record = await stored()
      assertAnswer('touch', await store.touch(record.key, now + 20_000, now + 80_000, now), true)
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), change(record), now), true)
      const expected = { lastSeenAt: now + 20_000, idleExpiresAt: now + 80_000 }
      assertHolds('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Catches a store that adds without a cap: the session would outlive `maxAge`.
    name: 'commit caps idleExpiresAt at endsAt',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const next = change(record, { lastSeenAt: now + 5_000, idleTimeout: 60_000, endsAt: now + 40_000 })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), next, now), true)
      assertHolds('read', await store.read(record.key, now), { idleExpiresAt: now + 40_000 })
      assertAnswer('read', await store.read(record.key, now + 40_000), undefined)
    },
  },
  {
    // Catches a store that takes the later end here as well. After a change of options, sessions must
    // be able to end sooner.
    name: 'commit can move idleExpiresAt and endsAt earlier',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const next = change(record, { idleTimeout: 10_000, endsAt: now + 20_000 })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), next, now), true)
      const expected = { idleExpiresAt: now + 10_000, endsAt: now + 20_000 }
      assertHolds('read', await store.read(record.key, now), expected)
    },
  },
  {
    // Catches a store that fixes both ends at creation, such as a TTL that is set only once: a user who
    // logs in late in a visit would be logged out when the anonymous session was due to end.
    name: 'commit can move endsAt later, as a login does',
    async run({ store, now, stored, change }) {
      const record = await stored({ idleTimeout: 40_000, idleExpiresAt: now + 30_000, endsAt: now + 30_000 })
      const next = change(record, { idleTimeout: 600_000, endsAt: now + 9_000_000 })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), next, now), true)
      const expected = { idleExpiresAt: now + 600_000, endsAt: now + 9_000_000 }
      assertHolds('read', await store.read(record.key, now + 599_999), expected)
    },
  },
]
