import type { UserIndex } from '../../../src/capabilities.ts'
import type { SessionStore } from '../../../src/store.ts'
import type { MemoryStore } from '../../../src/stores/memory.ts'
import type { Verb } from '../history.ts'

/** Passes a call on to the rows, at once or when the scheduler decides. */
export type Carry = (verb: Verb, key: string, run: (rows: MemoryStore) => unknown) => unknown

/** The store as one process sees it. Nothing is listed: only a process that revokes asks for a user's sessions. */
export function scheduledStore(carry: Carry): SessionStore & UserIndex {
  return {
    create: (record, now) => carry('create', record.key, (rows) => rows.create(record, now)) as boolean,
    read: (key, now) => carry('read', key, (rows) => rows.read(key, now)) as undefined,
    commit: (key, expected, change, now) =>
      carry('commit', key, (rows) => rows.commit(key, expected, change, now)) as boolean,
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      carry('touch', key, (rows) => rows.touch(key, lastSeenAt, idleExpiresAt, now)) as boolean,
    delete: (key, owner) => carry('delete', key, (rows) => rows.delete(key, owner)) as boolean,
    createWithin: (record, limit, now) =>
      carry('create', record.key, (rows) => rows.createWithin(record, limit, now)) as never,
    commitWithin: (key, expected, change, limit, now) =>
      carry('commit', key, (rows) => rows.commitWithin(key, expected, change, limit, now)) as never,
    deleteByUser: (owner, step, now) =>
      carry('deleteByUser', step.except ?? '', (rows) => rows.deleteByUser(owner, step, now)) as never,
    deleteByHandle: () => false,
    listByUser: () => [],
    countByUser: () => 0,
  }
}
