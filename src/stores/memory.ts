// The reference store: every verb of the contract in a few lines, atomic because each runs
// synchronously. It is the default store, the one that tests use, and the place to look when a
// sentence of src/store.ts is unclear. The table, its indexes and its order of use are in memory/.

import type { Enumerable, EvictionNotice, ExpirySweep, UserIndex } from '../capabilities.ts'
import { joinLimits } from '../limited-writes.ts'
import { changeRecord, hasExpired, isExpected, touchRecord } from '../record.ts'
import type { SessionRecord, SessionStore } from '../store.ts'
import { EntryTable } from './memory/entry-table.ts'
import { createEnumerate } from './memory/enumerate.ts'
import { EvictionListeners } from './memory/eviction-listeners.ts'
import { readMemoryOptions } from './memory/memory-options.ts'
import type { MemoryStoreOptions } from './memory/memory-options.ts'
import { createSweep } from './memory/sweep.ts'
import { createUserIndex } from './memory/user-index.ts'

export type { MemoryStoreOptions }

/**
 * A store in this process's memory. Its answers are never promises.
 *
 * @example
 * ```ts
 * const store: MemoryStore = memoryStore()
 * console.log(`${store.size} sessions`)
 * ```
 */
export interface MemoryStore extends SessionStore, UserIndex, ExpirySweep, Enumerable, EvictionNotice {
  /** How many records it holds, including expired ones that have not been swept yet. */
  readonly size: number
}

/**
 * Keeps sessions in this process's memory: for development, tests, and single-process servers that
 * may lose all sessions at a restart. Reads, commits and touches count as use. When an expired session
 * is evicted, no listener is called.
 *
 * @throws {@link SessionConfigError} for an unknown or unacceptable option.
 *
 * @example
 * ```ts
 * const sessions = createSessionManager({ store: memoryStore({ maxSessions: 10_000 }) })
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxSessions, sweepEvery } = readMemoryOptions(options)
  const table = new EntryTable()
  const listeners = new EvictionListeners()
  const insert = (record: SessionRecord, now: number): void => {
    table.insert(record)
    if (table.size > maxSessions) evictOldest(table, listeners, now)
  }
  return joinLimits({
    sweepEvery,
    get size() {
      return table.size
    },
    create(record, now) {
      if (table.find(record.key) !== undefined) return false
      insert(record, now)
      return true
    },
    read: (key, now) => table.useLive(key, now)?.record,
    commit(key, expected, change, now) {
      const entry = table.findLive(key, now)
      if (entry === undefined || !isExpected(entry.record, expected)) return false
      table.replace(entry, changeRecord(entry.record, change))
      return true
    },
    touch(key, lastSeenAt, idleExpiresAt, now) {
      const entry = table.findLive(key, now)
      if (entry === undefined) return false
      table.replace(entry, touchRecord(entry.record, lastSeenAt, idleExpiresAt))
      return true
    },
    delete: (key, owner) => table.delete(key, owner),
    ...createUserIndex(table, insert),
    sweep: createSweep(table),
    enumerate: createEnumerate(table),
    onEviction: (listener) => listeners.add(listener),
  })
}

/** Makes room for one session. Removing an expired one logs nobody out, so it is not reported. */
function evictOldest(table: EntryTable, listeners: EvictionListeners, now: number): void {
  const { oldest } = table
  if (oldest === undefined) return
  table.remove(oldest)
  if (!hasExpired(oldest.record, now)) listeners.notify(oldest.record.handle)
}
