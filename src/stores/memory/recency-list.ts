// Order of use as a doubly linked list: marking an entry as used takes the same few steps among ten
// sessions and among a million. A Map reordered by deleting and setting would do the same, but it
// leaves holes that have to be compacted.

import type { Entry } from './entry.ts'

/** Entries in order of their last use. Every operation takes constant time. */
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

  /** Takes an entry out of the list. */
  remove(entry: Entry): void {
    if (entry.older) entry.older.newer = entry.newer
    else this.#oldest = entry.newer
    if (entry.newer) entry.newer.older = entry.older
    else this.#newest = entry.older
  }
}
