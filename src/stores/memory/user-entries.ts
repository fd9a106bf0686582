// The user index of the memory store. It is updated in the same synchronous call as the row, so it
// never lists a session that no longer exists.

import type { Entry } from './entry.ts'

/** Which entries belong to which user. A user without entries takes no memory. */
export class UserEntries {
  readonly #sets = new Map<string, Set<Entry>>()

  /** The user's entries, oldest session first. */
  of(userId: string): Entry[] {
    const entries = [...(this.#sets.get(userId) ?? [])]
    return entries.toSorted((first, second) => first.record.createdAt - second.record.createdAt)
  }

  /** Adds an entry to a user; `undefined` means no user. */
  add(userId: string | undefined, entry: Entry): void {
    if (userId === undefined) return
    const set = this.#sets.get(userId)
    if (set) set.add(entry)
    else this.#sets.set(userId, new Set([entry]))
  }

  /** Removes an entry from a user. */
  remove(userId: string | undefined, entry: Entry): void {
    if (userId === undefined) return
    const set = this.#sets.get(userId)
    if (set?.delete(entry) && set.size === 0) this.#sets.delete(userId)
  }
}
