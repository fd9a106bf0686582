import type { SessionStore } from '../../../src/store.ts'
import type { MemoryStore } from '../../../src/stores/memory.ts'
import type { Verb } from '../history.ts'

/** Passes a call on to the rows, at once or when the scheduler decides. */
export type Carry = (verb: Verb, key: string, run: (rows: MemoryStore) => unknown) => unknown

/** The store as one process sees it. */
export function scheduledStore(carry: Carry): SessionStore {
  return {
    create: (record, now) => carry('create', record.key, (rows) => rows.create(record, now)) as boolean,
    read: (key, now) => carry('read', key, (rows) => rows.read(key, now)) as undefined,
    commit: (key, expected, change, now) =>
      carry('commit', key, (rows) => rows.commit(key, expected, change, now)) as boolean,
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      carry('touch', key, (rows) => rows.touch(key, lastSeenAt, idleExpiresAt, now)) as boolean,
    delete: (key) => carry('delete', key, (rows) => rows.delete(key)) as boolean,
  }
}
