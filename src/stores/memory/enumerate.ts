// Enumeration in order of places. An entry never changes its place, so the number of the next place
// is a cursor that stays valid whatever is added, removed or used between two pages.

import type { RecordPage } from '../../capabilities.ts'
import { hasExpired } from '../../record.ts'
import type { SessionRecord } from '../../store.ts'
import type { EntryTable } from './entry-table.ts'

/** Creates the `enumerate` of a table. A page covers `limit` places, so it may hold fewer records. */
export function createEnumerate(
  table: EntryTable,
): (cursor: string | undefined, limit: number, now: number) => RecordPage {
  return (cursor, limit, now) => {
    const start = cursor === undefined ? 0 : Number(cursor)
    const records: SessionRecord[] = []
    for (let place = start; place < Math.min(start + limit, table.places); place += 1) {
      const record = table.at(place)?.record
      if (record !== undefined && !hasExpired(record, now)) records.push(record)
    }
    return start + limit < table.places ? { records, cursor: String(start + limit) } : { records }
  }
}
