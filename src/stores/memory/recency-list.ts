// Who was used when, as a doubly linked list: using an entry takes the same few steps among ten
// sessions and among a million. A Map kept in order by deleting and setting does the same and
// leaves holes to compact.

import type { SessionRecord } from '../../store.ts'

/** A record in memory, where it is kept, and its neighbours in order of use. */
export interface Entry {
  /** Sealed: a change puts another one in its place. */
  record: SessionRecord
  /** Its place in the table, the same for the entry's whole life. */
  place: number
  /** The one used just before it; `undefined` for the oldest. */
  older: Entry | undefined
  /** The one used just after it; `undefined` for the newest. */
  newer: Entry | undefined
}

/** Entries in order of their last use. Each operation takes the same time however many there are. */
export class RecencyList {
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

  /** Takes an entry out of the order. */
  remove(entry: Entry): void {
    if (entry.older) entry.older.newer = entry.newer
    else this.#oldest = entry.newer
    if (entry.newer) entry.newer.older = entry.older
    else this.#newest = entry.older
  }
}
