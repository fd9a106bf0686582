import type { Enumerable, SessionStore } from 'coatcheck'

/** How often each verb of the contract was called. */
export type StoreCalls = Record<keyof SessionStore, number>

export interface CountingStore extends SessionStore {
  /** The calls since the last time this was asked. */
  takeCalls(): StoreCalls
  /** How many live records there are. */
  countRows(): Promise<number>
}

/** The store as it is, counted. */
export function countCalls(store: SessionStore & Enumerable): CountingStore {
  let calls = noCalls()
  return {
    create: (...parameters) => ((calls.create += 1), store.create(...parameters)),
    read: (...parameters) => ((calls.read += 1), store.read(...parameters)),
    commit: (...parameters) => ((calls.commit += 1), store.commit(...parameters)),
    touch: (...parameters) => ((calls.touch += 1), store.touch(...parameters)),
    delete: (...parameters) => ((calls.delete += 1), store.delete(...parameters)),
    takeCalls() {
      const taken = calls
      calls = noCalls()
      return taken
    },
    async countRows() {
      let rows = 0
      let cursor: string | undefined
      do {
        const page = await store.enumerate(cursor, 1000, Date.now())
        rows += page.records.length
        cursor = page.cursor
      } while (cursor !== undefined)
      return rows
    },
  }
}

function noCalls(): StoreCalls {
  return { create: 0, read: 0, commit: 0, touch: 0, delete: 0 }
}
