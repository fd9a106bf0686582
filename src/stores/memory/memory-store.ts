// The reference store: every verb of the contract in a few lines, atomic because each runs synchronously. It is the
// default store, the one that tests use, and the place to look when a sentence of src/contract/store.ts is unclear.
// Its rows, and the ways to find them, are in memory-entry-table.ts.

import type {
  EndedSessions,
  Enumerable,
  EvictionNotice,
  ExpirySweep,
  ListPosition,
  RecordPage,
  UserIndex,
} from '../../contract/capabilities.ts'
import { joinLimits } from '../../contract/limited-writes.ts'
import type { LimitedWrite, LimitedWrites } from '../../contract/limited-writes.ts'
import {
  changeRecord,
  hasExpired,
  isExpected,
  listedOf,
  mostEvictions,
  touchRecord,
} from '../../contract/record.ts'
import type { ExpectedVersion, RecordChange, SessionRecord, SessionStore } from '../../contract/store.ts'
import { EntryTable } from './memory-entry-table.ts'
import type { Entry } from './memory-entry-table.ts'
import { readMemoryOptions } from './memory-options.ts'
import type { MemoryStoreOptions } from './memory-options.ts'
import { smallestOf } from './memory-smallest-of.ts'

/** How many records one step of `deleteByUser` removes: about two milliseconds' worth. */
const stepSize = 1000

/** A store in this process's memory. Its answers are never promises. */
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
  const makeRoom = (now: number): void => {
    if (table.size > maxSessions) evictOldest(table, listeners, now)
  }
  return joinLimits({
    get size() {
      return table.size
    },
    ...createVerbs(table, makeRoom),
    ...createUserIndex(table),
    sweepEvery,
    sweep: createSweep(table),
    enumerate: (cursor, limit, now) => readPlaces(table, cursor, limit, now),
    onEviction: (listener) => listeners.add(listener),
  })
}

/** The five verbs of the contract, those that write with a limit and without. */
function createVerbs(table: EntryTable, makeRoom: (now: number) => void): SessionStore & LimitedWrites {
  const create = (record: SessionRecord, now: number): boolean => {
    if (table.find(record.key) !== undefined) return false
    table.insert(record)
    makeRoom(now)
    return true
  }
  const commit = (key: string, expected: ExpectedVersion, change: RecordChange, now: number): boolean => {
    const entry = table.findLive(key, now)
    if (entry === undefined || !isExpected(entry.record, expected)) return false
    table.replace(entry, changeRecord(entry.record, change))
    return true
  }
  const keepWithin = (limit: number, isWritten: boolean, key: string, now: number): LimitedWrite => {
    const written = isWritten ? table.find(key) : undefined
    return { isWritten, evicted: written === undefined ? [] : endOldest(table, written.record, limit, now) }
  }
  return {
    create,
    createWithin: (record, limit, now) => keepWithin(limit, create(record, now), record.key, now),
    read: (key, now) => table.useLive(key, now)?.record,
    commit,
    commitWithin: (key, expected, change, limit, now) =>
      keepWithin(limit, commit(key, expected, change, now), key, now),
    touch(key, lastSeenAt, idleExpiresAt, now) {
      const entry = table.findLive(key, now)
      if (entry === undefined) return false
      table.replace(entry, touchRecord(entry.record, lastSeenAt, idleExpiresAt))
      return true
    },
    delete: (key, owner) => table.delete(key, owner),
  }
}

/** Whether an entry has not expired. */
function isLive({ record }: Entry, now: number): boolean {
  return !hasExpired(record, now)
}

/** Makes room for one session. Removing an expired one logs nobody out, so it is not reported. */
function evictOldest(table: EntryTable, listeners: EvictionListeners, now: number): void {
  const { oldest } = table
  if (oldest === undefined) return
  table.remove(oldest)
  if (isLive(oldest, now)) listeners.notify(oldest.record.handle)
}

/** Ends the sessions that were unused for longest, until `limit` are left with the one just written. */
function endOldest(
  table: EntryTable,
  { key, owner }: SessionRecord,
  limit: number,
  now: number,
): readonly string[] {
  const others: Entry[] = []
  if (owner !== undefined) {
    for (const entry of table.ofUser(owner))
      if (entry.record.key !== key && isLive(entry, now)) others.push(entry)
  }
  const excess = Math.min(others.length + 1 - limit, mostEvictions)
  if (excess <= 0) return []
  const evicted = smallestOf(others, excess, () => true, compareUse)
  for (const entry of evicted) table.remove(entry)
  return evicted.map(({ record }) => record.handle)
}

/**
 * The user index of the contract. It lists and counts live sessions only, although the table also holds expired
 * ones until they are swept. A user may have a hundred thousand sessions: no call walks them more than once, and
 * none removes more than a step of them.
 */
function createUserIndex(table: EntryTable): UserIndex {
  return {
    listByUser(owner, { limit, after }, now) {
      const entries = table.ofUser(owner)
      const isListed = (entry: Entry): boolean => isLive(entry, now) && isAfter(entry.record, after)
      return smallestOf(entries, limit, isListed, comparePositions).map(({ record }) => listedOf(record))
    },
    countByUser(owner, now) {
      let count = 0
      for (const entry of table.ofUser(owner)) if (isLive(entry, now)) count += 1
      return count
    },
    deleteByHandle(owner, handle, now) {
      let wasLive = false
      for (const entry of table.ofUser(owner)) {
        if (entry.record.handle !== handle) continue
        wasLive ||= isLive(entry, now)
        table.remove(entry)
      }
      return wasLive
    },
    deleteByUser: (owner, { except }, now) => deleteStep(table, owner, except, now),
  }
}

/** Removes a step of the user's entries. The cursor only says that there is more: what is removed is gone. */
function deleteStep(
  table: EntryTable,
  owner: string,
  except: string | undefined,
  now: number,
): EndedSessions {
  const step: Entry[] = []
  for (const entry of table.ofUser(owner)) {
    if (step.length > stepSize) break
    if (entry.record.key !== except) step.push(entry)
  }
  const isLast = step.length <= stepSize
  const ended = isLast ? step : step.slice(0, stepSize)
  for (const entry of ended) table.remove(entry)
  const handles = ended.filter((entry) => isLive(entry, now)).map(({ record }) => record.handle)
  return isLast ? { handles } : { handles, cursor: 'more' }
}

/** The order of a list. */
function comparePositions({ record: one }: Entry, { record: other }: Entry): number {
  return one.endsAt - other.endsAt || compareTexts(one.handle, other.handle)
}

/** The longest unused first. */
function compareUse({ record: one }: Entry, { record: other }: Entry): number {
  return one.lastSeenAt - other.lastSeenAt || compareTexts(one.key, other.key)
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** Whether a record comes after the last one of the page before. */
function isAfter({ endsAt, handle }: SessionRecord, after: ListPosition | undefined): boolean {
  if (after === undefined) return true
  return endsAt === after.endsAt ? handle > after.handle : endsAt > after.endsAt
}

/**
 * Creates the `sweep` of a table: each call continues where the previous one stopped, so that none examines more places
 * than its limit, and returns whether there is more. A sweep covers the places that existed at its start, so it ends
 * whatever is added meanwhile.
 */
function createSweep(table: EntryTable): (before: number, limit: number) => boolean {
  let place = 0
  let end = 0

  return (before, limit) => {
    if (place === 0) end = table.places
    const stop = Math.min(place + limit, end)
    for (; place < stop; place += 1) {
      const entry = table.at(place)
      if (entry !== undefined && hasExpired(entry.record, before)) table.remove(entry)
    }
    if (stop < end) return true
    place = 0
    return false
  }
}

/**
 * A page of an enumeration. An entry never changes its place, so the number of the next place is a cursor that
 * stays valid whatever is added, removed or used between two pages. A page covers `limit` places, so it may hold
 * fewer records.
 */
function readPlaces(table: EntryTable, cursor: string | undefined, limit: number, now: number): RecordPage {
  const start = cursor === undefined ? 0 : Number(cursor)
  const records: SessionRecord[] = []
  for (let place = start; place < Math.min(start + limit, table.places); place += 1) {
    const entry = table.at(place)
    if (entry !== undefined && isLive(entry, now)) records.push(entry.record)
  }
  return start + limit < table.places ? { records, cursor: String(start + limit) } : { records }
}

type Listener = (handle: string) => void

/**
 * Functions to call with the handle of each evicted session, in the order in which they were added. They run inside the
 * `create` of an unrelated session, so one that throws must not affect it.
 */
class EvictionListeners {
  readonly #listeners = new Set<Listener>()

  /** Adds a listener and returns a function that removes it. */
  add(listener: Listener): () => void {
    // Wrapped, so that the same function may be added twice and each removed on its own.
    const registered: Listener = (handle) => listener(handle)
    this.#listeners.add(registered)
    return () => void this.#listeners.delete(registered)
  }

  /** Calls every listener; exceptions are ignored. */
  notify(handle: string): void {
    for (const listener of this.#listeners) {
      try {
        listener(handle)
      } catch {
        // A login must not fail because a log does, nor may the other listeners miss the eviction.
      }
    }
  }
}
