// The user index of the contract. It lists and counts live sessions only, although the table also holds
// expired ones until they are swept. A user may have a hundred thousand sessions: no call walks them more
// than once, and none removes more than a step of them.

import type { EndedSessions, ListPosition, UserIndex } from '../../capabilities.ts'
import type { LimitedWrites } from '../../limited-writes.ts'
import { changeRecord, hasExpired, isExpected, listedOf, mostEvictions } from '../../record.ts'
import type { SessionRecord } from '../../store.ts'
import type { Entry } from './entry.ts'
import type { EntryTable } from './entry-table.ts'
import { smallestOf } from './smallest-of.ts'

/** How many records one step of `deleteByUser` removes: about two milliseconds' worth. */
const stepSize = 1000

/**
 * Creates the user index of a table.
 *
 * @param insert - Inserts a record whose key is free, and makes room for it.
 */
export function createUserIndex(
  table: EntryTable,
  insert: (record: SessionRecord, now: number) => void,
): UserIndex & LimitedWrites {
  return {
    listByUser(owner, { limit, after }, now) {
      const entries = table.ofUser(owner)
      const isListed = (entry: Entry): boolean => isLive(entry, now) && isAfter(entry.record, after)
      return smallestOf(entries, limit, isListed, comparePositions).map(({ record }) => listedOf(record))
    },
    countByUser(owner, now) {
      let count = 0
      for (const entry of table.ofUser(owner)) if (isLive(entry, now)) count += 1
      return count
    },
    deleteByHandle(owner, handle, now) {
      let wasLive = false
      for (const entry of table.ofUser(owner)) {
        if (entry.record.handle !== handle) continue
        wasLive ||= isLive(entry, now)
        table.remove(entry)
      }
      return wasLive
    },
    deleteByUser: (owner, { except }, now) => deleteStep(table, owner, except, now),
    createWithin(record, limit, now) {
      if (table.find(record.key) !== undefined) return { isWritten: false, evicted: [] }
      insert(record, now)
      return { isWritten: true, evicted: evict(table, record, limit, now) }
    },
    commitWithin(key, expected, change, limit, now) {
      const entry = table.findLive(key, now)
      if (entry === undefined || !isExpected(entry.record, expected)) return { isWritten: false, evicted: [] }
      table.replace(entry, changeRecord(entry.record, change))
      return { isWritten: true, evicted: evict(table, entry.record, limit, now) }
    },
  }
}

/** Whether an entry has not expired. */
function isLive({ record }: Entry, now: number): boolean {
  return !hasExpired(record, now)
}

/** Removes a step of the user's entries. The cursor only says that there is more: what is removed is gone. */
function deleteStep(
  table: EntryTable,
  owner: string,
  except: string | undefined,
  now: number,
): EndedSessions {
  const step: Entry[] = []
  for (const entry of table.ofUser(owner)) {
    if (step.length > stepSize) break
    if (entry.record.key !== except) step.push(entry)
  }
  const isLast = step.length <= stepSize
  const ended = isLast ? step : step.slice(0, stepSize)
  for (const entry of ended) table.remove(entry)
  const handles = ended.filter(({ record }) => !hasExpired(record, now)).map(({ record }) => record.handle)
  return isLast ? { handles } : { handles, cursor: 'more' }
}

/** Ends the sessions that were unused for longest, until `limit` are left with the one just written. */
function evict(
  table: EntryTable,
  { key, owner }: SessionRecord,
  limit: number,
  now: number,
): readonly string[] {
  const others: Entry[] = []
  if (owner !== undefined) {
    for (const entry of table.ofUser(owner))
      if (entry.record.key !== key && !hasExpired(entry.record, now)) others.push(entry)
  }
  const excess = Math.min(others.length + 1 - limit, mostEvictions)
  if (excess <= 0) return []
  const evicted = smallestOf(others, excess, () => true, compareUse)
  for (const entry of evicted) table.remove(entry)
  return evicted.map(({ record }) => record.handle)
}

/** The order of a list. */
function comparePositions({ record: one }: Entry, { record: other }: Entry): number {
  return one.endsAt - other.endsAt || compareTexts(one.handle, other.handle)
}

/** The longest unused first. */
function compareUse({ record: one }: Entry, { record: other }: Entry): number {
  return one.lastSeenAt - other.lastSeenAt || compareTexts(one.key, other.key)
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** Whether a record comes after the last one of the page before. */
function isAfter({ endsAt, handle }: SessionRecord, after: ListPosition | undefined): boolean {
  if (after === undefined) return true
  return endsAt === after.endsAt ? handle > after.handle : endsAt > after.endsAt
}
