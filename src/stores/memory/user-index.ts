// The user index of the contract. It lists and counts live sessions only, although the table also holds
// expired ones until they are swept.

import type { UserIndex } from '../../capabilities.ts'
import { hasExpired } from '../../record.ts'
import type { SessionRecord } from '../../store.ts'
import type { EntryTable } from './entry-table.ts'

/** Creates the user index of a table. */
export function createUserIndex(table: EntryTable): UserIndex {
  return {
    listByUser: (userId, now) => listLive(table, userId, now),
    countByUser: (userId, now) => listLive(table, userId, now).length,
    deleteOwned(userId, key) {
      const entry = table.find(key)
      const isOwned = entry !== undefined && entry.record.userId === userId
      if (isOwned) table.remove(entry)
      return isOwned
    },
    deleteByUser(userId, now) {
      const live = listLive(table, userId, now).length
      for (const entry of table.ofUser(userId)) table.remove(entry)
      return live
    },
  }
}

/** A user's live records, oldest session first. */
function listLive(table: EntryTable, userId: string, now: number): readonly SessionRecord[] {
  return table
    .ofUser(userId)
    .map((entry) => entry.record)
    .filter((record) => !hasExpired(record, now))
}
