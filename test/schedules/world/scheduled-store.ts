import type { UserIndex } from '../../../src/contract/capabilities.ts'
import type { SessionStore } from '../../../src/contract/store.ts'
import type { MemoryStore } from '../../../src/stores/memory.ts'
import type { Verb } from '../history.ts'

/** Passes a call on to the rows, at once or when the scheduler decides. */
export type Carry = (verb: Verb, key: string, run: (rows: MemoryStore) => unknown) => unknown

/** The store as one process sees it. Nothing is listed: only a process that revokes asks for a user's sessions. */
export function scheduledStore(carry: Carry): SessionStore & UserIndex {
  return {
    create: (record, now, limit) =>
      carry('create', record.key, (rows) => rows.create(record, now, limit)) as boolean,
    read: (key, now) => carry('read', key, (rows) => rows.read(key, now)) as undefined,
    commit: (key, expected, change, now, limit) =>
      carry('commit', key, (rows) => rows.commit(key, expected, change, now, limit)) as boolean,
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      carry('touch', key, (rows) => rows.touch(key, lastSeenAt, idleExpiresAt, now)) as boolean,
    delete: (key, owner) => carry('delete', key, (rows) => rows.delete(key, owner)) as boolean,
    deleteByUser: (owner, step, now) =>
      carry('deleteByUser', step.except ?? '', (rows) => rows.deleteByUser(owner, step, now)) as never,
    deleteByHandle: () => false,
    listByUser: () => [],
    countByUser: () => 0,
  }
}
