// The reference store: every verb of the contract in a few lines, atomic because JavaScript runs
// one of them at a time. The default for a first server, the one that tests use, and the place to
// look when a sentence of src/store.ts is not clear. The table and its orders are in memory/.

import type { Enumerable, EvictionNotice, ExpirySweep, UserIndex } from '../capabilities.ts'
import { changeRecord, hasExpired, isExpected, touchRecord } from '../record.ts'
import type { SessionRecord, SessionStore } from '../store.ts'
import { EntryTable } from './memory/entry-table.ts'
import { readMemoryOptions } from './memory/memory-options.ts'
import type { MemoryStoreOptions } from './memory/memory-options.ts'
import type { Entry } from './memory/recency-list.ts'
import { createSweep } from './memory/sweep.ts'

export type { MemoryStoreOptions }

/**
 * A store in this process's memory. It answers at once.
 *
 * @example
 * ```ts
 * const store: MemoryStore = memoryStore()
 * console.log(`${store.size} sessions`)
 * ```
 */
export interface MemoryStore extends SessionStore, UserIndex, ExpirySweep, Enumerable, EvictionNotice {
  /** How many records it holds, those included that expired and were not swept yet. */
  readonly size: number
}

/**
 * Keeps sessions in this process's memory: for development, tests, and servers of one process that
 * may forget everybody at a restart. Reading, committing and touching count as use; of an expired
 * session that makes room, no listener hears.
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
  const listeners = new Set<(handle: string) => void>()

  /** The entry, unless it is absent or has ended at `now`. */
  function findLive(key: string, now: number): Entry | undefined {
    const entry = table.find(key)
    return entry === undefined || hasExpired(entry.record, now) ? undefined : entry
  }

  /** A user's live records, oldest session first. */
  function listLive(userId: string, now: number): readonly SessionRecord[] {
    return table
      .ofUser(userId)
      .map((entry) => entry.record)
      .filter((record) => !hasExpired(record, now))
  }

  /** Makes room for one. The dead go without a word: nobody loses anything. */
  function evictOldest(now: number): void {
    const entry = table.oldest
    if (entry === undefined) return
    table.remove(entry)
    if (hasExpired(entry.record, now)) return
    for (const listener of listeners) tell(listener, entry.record.handle)
  }

  return {
    sweepEvery,
    get size() {
      return table.size
    },
    create(record, now) {
      if (table.find(record.key) !== undefined) return false
      table.insert(record)
      if (table.size > maxSessions) evictOldest(now)
      return true
    },
    read(key, now) {
      const entry = findLive(key, now)
      if (entry === undefined) return undefined
      table.use(entry)
      return entry.record
    },
    commit(key, expected, change, now) {
      const entry = findLive(key, now)
      if (entry === undefined || !isExpected(entry.record, expected)) return false
      table.replace(entry, changeRecord(entry.record, change))
      return true
    },
    touch(key, lastSeenAt, idleExpiresAt, now) {
      const entry = findLive(key, now)
      if (entry === undefined) return false
      table.replace(entry, touchRecord(entry.record, lastSeenAt, idleExpiresAt))
      return true
    },
    delete(key) {
      const entry = table.find(key)
      if (entry !== undefined) table.remove(entry)
      return entry !== undefined
    },
    listByUser: listLive,
    countByUser: (userId, now) => listLive(userId, now).length,
    deleteOwned(userId, key) {
      const entry = table.find(key)
      const isOwned = entry !== undefined && entry.record.userId === userId
      if (isOwned) table.remove(entry)
      return isOwned
    },
    deleteByUser(userId, now) {
      const live = listLive(userId, now).length
      for (const entry of table.ofUser(userId)) table.remove(entry)
      return live
    },
    sweep: createSweep(table),
    enumerate(cursor, limit, now) {
      const start = cursor === undefined ? 0 : Number(cursor)
      const records: SessionRecord[] = []
      for (let place = start; place < Math.min(start + limit, table.places); place += 1) {
        const record = table.at(place)?.record
        if (record !== undefined && !hasExpired(record, now)) records.push(record)
      }
      return start + limit < table.places ? { records, cursor: String(start + limit) } : { records }
    },
    onEviction(listener) {
      const registered = (handle: string): void => listener(handle)
      listeners.add(registered)
      return () => void listeners.delete(registered)
    },
  }
}

/** A listener that fails must not fail a login. */
function tell(listener: (handle: string) => void, handle: string): void {
  try {
    listener(handle)
  } catch {}
}
