import type { Closable, Pingable, SessionStore } from '../../store.ts'
import type { StoreCase } from '../store-case.ts'

/** What `ping` promises. */
export const pingCases: readonly StoreCase[] = [
  {
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
    name: 'close can be called twice',
    requires: ['close'],
    async run({ store, stored }) {
      await stored()
      await (store as SessionStore & Closable).close()
      await (store as SessionStore & Closable).close()
    },
  },
]
