// The two methods for operators: `ping` for a health check, `close` for a clean end of the process.

import type { Closable, Pingable } from '../../capabilities.ts'
import type { SessionStore } from '../../store.ts'
import type { StoreCase } from '../store-case.ts'

/** What `ping` promises. */
export const pingCases: readonly StoreCase[] = [
  {
    // Finds a ping that needs a table, a right or a row which a fresh database does not have.
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
    // Finds an exception at the second one. Two managers may share a store, and a signal may come
    // twice.
    name: 'close can be called twice',
    requires: ['close'],
    async run({ store, stored }) {
      await stored()
      await (store as SessionStore & Closable).close()
      await (store as SessionStore & Closable).close()
    },
  },
]
