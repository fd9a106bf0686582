// A sweep over the places of the table. It remembers where it stopped, so that no step examines more
// places than its limit.

import { hasExpired } from '../../record.ts'
import type { EntryTable } from './entry-table.ts'

/**
 * Creates the `sweep` of a table: each call continues where the previous one stopped and returns
 * whether there is more. A sweep covers the places that existed at its start, so it ends whatever is
 * added meanwhile.
 */
export function createSweep(table: EntryTable): (before: number, limit: number) => boolean {
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
