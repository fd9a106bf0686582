// The row of a memory store. The table, the recency list and the user index all refer to the same
// entry object, so that none of them has to look up a key.

import type { SessionRecord } from '../../store.ts'

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
