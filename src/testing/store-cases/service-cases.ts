// Two methods for operators: `ping` for health checks, `close` for a clean shutdown.
//
// To pass: `ping` makes one round trip to the server; `close` does nothing when called again.

import type { Closable, Pingable } from '../../capabilities.ts'
import type { SessionStore } from '../../store.ts'
import type { StoreCase } from '../store-case.ts'

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
