// The rows of the memory store, and four ways to find one: by key, by place, by last use and by user. All four are
// updated together, in one synchronous call, and only here. They refer to the same entry object, so that none of them
// has to look up a key. The verbs are in memory-store.ts.

import { hasExpired, sealRecord } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'

/** A record in memory, its position in the table, and its neighbours in order of use. */
export interface Entry {
  /** Sealed; a change replaces it with another record. */
  record: SessionRecord
  /** Its position in the table, the same for the entry's whole life. */
  place: number
  /** The entry used just before it; `undefined` for the oldest. */
  older: Entry | undefined
  /** The entry used just after it; `undefined` for the newest. */
  newer: Entry | undefined
}

/**
 * The rows of a memory store. An entry keeps its place in an array for its whole life, and a freed
 * place is reused. An iteration over the places can therefore stop and resume at any time: it visits
 * an entry that exists throughout exactly once, however often the entry is used meanwhile.
 */
export class EntryTable {
  readonly #byKey = new Map<string, Entry>()
  readonly #places: (Entry | undefined)[] = []
  readonly #freePlaces: number[] = []
  readonly #recency = new RecencyList()
  readonly #users = new UserEntries()

  /** The number of rows, including expired ones. */
  get size(): number {
    return this.#byKey.size
  }

  /** The number of places to iterate over, including empty ones. */
  get places(): number {
    return this.#places.length
  }

  /** The entry that has gone unused the longest. */
  get oldest(): Entry | undefined {
    return this.#recency.oldest
  }

  /** The entry of a key, expired or not. */
  find(key: string): Entry | undefined {
    return this.#byKey.get(key)
  }

  /** The entry of a key, unless it has expired at `now`. */
  findLive(key: string, now: number): Entry | undefined {
    const entry = this.#byKey.get(key)
    return entry === undefined || hasExpired(entry.record, now) ? undefined : entry
  }

  /** The same, which becomes the most recently used. */
  useLive(key: string, now: number): Entry | undefined {
    const entry = this.findLive(key, now)
    if (entry !== undefined) this.#recency.refresh(entry)
    return entry
  }

  /** The entry at a place; `undefined` when the place is empty. */
  at(place: number): Entry | undefined {
    return this.#places[place]
  }

  /** The owner's entries, in any order, including expired ones. */
  ofUser(owner: string): Iterable<Entry> {
    return this.#users.of(owner)
  }

  /** Inserts a row as the most recently used. Its key must be free. */
  insert(record: SessionRecord): void {
    const place = this.#freePlaces.pop() ?? this.#places.length
    const entry: Entry = { record: sealRecord(record), place, older: undefined, newer: undefined }
    this.#places[place] = entry
    this.#byKey.set(record.key, entry)
    this.#recency.append(entry)
    this.#users.add(record.owner, entry)
  }

  /** Replaces the record of an entry by a newer one of the same session. Counts as a use. */
  replace(entry: Entry, record: SessionRecord): void {
    if (entry.record.owner !== record.owner) {
      this.#users.remove(entry.record.owner, entry)
      this.#users.add(record.owner, entry)
    }
    entry.record = record
    this.#recency.refresh(entry)
  }

  /**
   * Removes the row of a key, expired or not; with `owner` only one of that owner, with `null` only one of
   * nobody. Returns whether it did.
   */
  delete(key: string, owner?: string | null): boolean {
    const entry = this.#byKey.get(key)
    if (entry === undefined || (owner !== undefined && (entry.record.owner ?? null) !== owner)) return false
    this.remove(entry)
    return true
  }

  /** Removes the row and frees its place. */
  remove(entry: Entry): void {
    this.#byKey.delete(entry.record.key)
    this.#places[entry.place] = undefined
    this.#freePlaces.push(entry.place)
    this.#recency.remove(entry)
    this.#users.remove(entry.record.owner, entry)
  }
}

/**
 * Entries in order of their last use, as a doubly linked list: marking one as used takes the same few steps among ten
 * sessions and among a million. A Map reordered by deleting and setting would do the same, but it leaves holes that
 * have to be compacted.
 */
class RecencyList {
  #oldest: Entry | undefined
  #newest: Entry | undefined

  /** The entry that has gone unused the longest. */
  get oldest(): Entry | undefined {
    return this.#oldest
  }

  /** Appends a new entry as the most recently used. */
  append(entry: Entry): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
  }

  /** Makes an entry the most recently used. */
  refresh(entry: Entry): void {
    if (entry === this.#newest) return
    this.remove(entry)
    this.append(entry)
  }

  /** Takes an entry out of the list. */
  remove(entry: Entry): void {
    if (entry.older) entry.older.newer = entry.newer
    else this.#oldest = entry.newer
    if (entry.newer) entry.newer.older = entry.older
    else this.#newest = entry.older
  }
}

/** Which entries belong to which user. A user without entries takes no memory. */
class UserEntries {
  readonly #sets = new Map<string, Set<Entry>>()

  /** The owner's entries, in any order. */
  of(owner: string): Iterable<Entry> {
    return this.#sets.get(owner) ?? []
  }

  /** Adds an entry to an owner; `undefined` means none. */
  add(owner: string | undefined, entry: Entry): void {
    if (owner === undefined) return
    const set = this.#sets.get(owner)
    if (set) set.add(entry)
    else this.#sets.set(owner, new Set([entry]))
  }

  /** Removes an entry from an owner. */
  remove(owner: string | undefined, entry: Entry): void {
    if (owner === undefined) return
    const set = this.#sets.get(owner)
    if (set?.delete(entry) && set.size === 0) this.#sets.delete(owner)
  }
}
