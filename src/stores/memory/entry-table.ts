// One row, four ways to find it: by key, by place, by use and by user. All four change together,
// here only.

import { sealRecord } from '../../record.ts'
import type { SessionRecord } from '../../store.ts'
import { RecencyList } from './recency-list.ts'
import type { Entry } from './recency-list.ts'
import { UserEntries } from './user-entries.ts'

/**
 * The rows of a memory store. An entry keeps its place in an array for its whole life, and a freed
 * place is used again. A walk over the places can therefore stop and go on at any time: whatever
 * lives through it is met exactly once, however often it is used meanwhile.
 */
export class EntryTable {
  readonly #byKey = new Map<string, Entry>()
  readonly #places: (Entry | undefined)[] = []
  readonly #freePlaces: number[] = []
  readonly #recency = new RecencyList()
  readonly #users = new UserEntries()

  /** How many rows there are, expired ones included. */
  get size(): number {
    return this.#byKey.size
  }

  /** How many places there are to walk over, the empty ones included. */
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

  /** The entry at a place, if it is taken. */
  at(place: number): Entry | undefined {
    return this.#places[place]
  }

  /** The user's entries, oldest session first, expired ones included. */
  ofUser(userId: string): Entry[] {
    return this.#users.of(userId)
  }

  /** Counts as a use. */
  use(entry: Entry): void {
    this.#recency.refresh(entry)
  }

  /** A new row, the most recently used. Its key must be free. */
  insert(record: SessionRecord): void {
    const place = this.#freePlaces.pop() ?? this.#places.length
    const entry: Entry = { record: sealRecord(record), place, older: undefined, newer: undefined }
    this.#places[place] = entry
    this.#byKey.set(record.key, entry)
    this.#recency.append(entry)
    this.#users.add(record.userId, entry)
  }

  /** Puts another state of the same session in its place. Counts as a use. */
  replace(entry: Entry, record: SessionRecord): void {
    if (entry.record.userId !== record.userId) {
      this.#users.remove(entry.record.userId, entry)
      this.#users.add(record.userId, entry)
    }
    entry.record = record
    this.#recency.refresh(entry)
  }

  /** Frees the row and its place. */
  remove(entry: Entry): void {
    this.#byKey.delete(entry.record.key)
    this.#places[entry.place] = undefined
    this.#freePlaces.push(entry.place)
    this.#recency.remove(entry)
    this.#users.remove(entry.record.userId, entry)
  }
}
