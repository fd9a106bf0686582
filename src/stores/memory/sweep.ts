// A sweep over the places of the table. It remembers where it stopped, so that a step is as short
// as it is asked to be.

import { hasExpired } from '../../record.ts'
import type { EntryTable } from './entry-table.ts'

/**
 * Makes the `sweep` of a table: each call goes on where the one before stopped, and says whether
 * there is more. A sweep covers the places there were at its start, so it ends whatever is added.
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
