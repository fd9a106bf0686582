// The user index of the memory store. It is updated in the same synchronous call as the row, so it
// never lists a session that no longer exists.

import type { Entry } from './entry.ts'

/** Which entries belong to which user. A user without entries takes no memory. */
export class UserEntries {
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
