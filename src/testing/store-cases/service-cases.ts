// Two methods for operators: `ping` for health checks, `close` for a clean shutdown.
//
// To pass: `ping` does what a write needs, in a transaction that is rolled back or with a row that no session can
// have; `close` does nothing when called again.

import type { Closable, Pingable } from '../../contract/capabilities.ts'
import type { SessionStore } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import type { StoreCase } from '../store-case.ts'
import { enumerateAll } from './enumerate-cases.ts'

/** What `ping` promises. */
export const pingCases: readonly StoreCase[] = [
  {
    // Catches a ping that needs a table, a permission or a row that a fresh database does not have.
    name: 'ping resolves when the store answers',
    requires: ['ping'],
    async run({ store }) {
      await (store as SessionStore & Pingable).ping()
    },
  },
  {
    // Catches the row of a trial that is left behind, and trials of two processes that meet in one row.
    name: 'pings at the same time resolve and leave no record behind',
    requires: ['ping', 'enumerate'],
    async run({ store, now, stored }) {
      const pinged = store as SessionStore & Pingable
      await stored()
      const before = [...(await enumerateAll(store, 100, now)).keys()]
      await runConcurrently(Array.from({ length: 5 }), () => pinged.ping())
      const after = [...(await enumerateAll(store, 100, now)).keys()]
      assertAnswer('enumerate', after.toSorted(), before.toSorted())
    },
  },
]

/** What `close` promises. */
export const closeCases: readonly StoreCase[] = [
  {
    // Catches an exception from the second call. Two managers may share a store, and a signal may
    // arrive twice.
    name: 'close can be called twice',
    requires: ['close'],
    async run({ store, stored }) {
      await stored()
      await (store as SessionStore & Closable).close()
      await (store as SessionStore & Closable).close()
    },
  },
]
