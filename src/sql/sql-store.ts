// What the stores on SQL databases share: the verbs of the contract, made of statements that each database writes
// in its own SQL. A condition is part of the statement that writes, never of one that runs before it: another
// process may write in between. Rows are read and written by row.ts, whose columns are in columns.ts.

import { whenReady } from '../awaitable.ts'
import type { Awaitable } from '../awaitable.ts'
import type { Enumerable, ExpirySweep, UserIndex } from '../contract/capabilities.ts'
import type { LimitedWrites } from '../contract/limited-writes.ts'
import type { SessionStore } from '../contract/store.ts'
import { toCommit, toListedRecord, toRecord, toRow } from './row.ts'
import type { SqlValue } from './row.ts'

/** One statement for each verb, and the values that it takes, in this order. */
export interface Statements<Statement> {
  /** Inserts a row unless its key is taken, by a live or an expired one. {@link toRow}. */
  readonly create: Statement
  /** The live row of a key. Key, now. */
  readonly read: Statement
  /** Updates a live row if version and newest commit id are the expected ones. {@link toCommit}. */
  readonly commit: Statement
  /** Moves both instants of a live row forward. Last use, idle end, key, now. */
  readonly touch: Statement
  /** Deletes the row of a key. Key. */
  readonly delete: Statement
  /** Deletes the row of a key if it belongs to an owner, or with null to nobody. Key, owner. */
  readonly deleteOwned: Statement
  /** A page of an owner's live rows by end and handle, after a position. Owner, end and handle of it, now, limit. */
  readonly listByUser: Statement
  /** One row, whose `live` is the number of an owner's live rows. Owner, now. */
  readonly countByUser: Statement
  /** Deletes a limited number of rows that had expired at an instant. Instant, limit. */
  readonly sweep: Statement
  /** Live rows in order of their keys, starting after the cursor. Cursor, now, limit. */
  readonly enumerate: Statement
}

/** How a database runs the statement of a verb. */
export interface StatementRunner {
  /** The rows that it finds, by column name. */
  select(verb: keyof Statements<unknown>, values: SqlValue[]): Awaitable<readonly unknown[]>
  /** How many rows it has written. */
  write(verb: keyof Statements<unknown>, values: SqlValue[]): Awaitable<number>
}

/** What each database does in its own way: ending sessions of a user, on request and beyond a limit. */
export type UserEndings = Pick<UserIndex, 'deleteByHandle' | 'deleteByUser'> & LimitedWrites

/** What all do in the same way. */
export type SqlVerbs = SessionStore &
  Pick<UserIndex, 'listByUser' | 'countByUser'> &
  Pick<ExpirySweep, 'sweep'> &
  Enumerable

/** The verbs over the statements of a database. They answer at once where it does. */
export function createSqlVerbs({ select, write }: StatementRunner): SqlVerbs {
  return {
    create: (record) => whenReady(write('create', toRow(record)), isAny),
    read: (key, now) =>
      whenReady(select('read', [key, now]), ([row]) => (row === undefined ? undefined : toRecord(row))),
    commit: (key, expected, change, now) =>
      whenReady(write('commit', toCommit(key, expected, change, now)), isAny),
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      whenReady(write('touch', [lastSeenAt, idleExpiresAt, key, now]), isAny),
    delete: (key, owner) =>
      whenReady(owner === undefined ? write('delete', [key]) : write('deleteOwned', [key, owner]), isAny),
    listByUser(owner, { limit, after }, now) {
      // A live session ends after now, so a list begins there.
      const { endsAt, handle } = after ?? { endsAt: now, handle: '' }
      return whenReady(select('listByUser', [owner, endsAt, handle, now, limit]), (rows) =>
        rows.map(toListedRecord),
      )
    },
    countByUser: (owner, now) =>
      whenReady(select('countByUser', [owner, now]), ([row]) => Number((row as { live: unknown }).live)),
    sweep: (before, limit) => whenReady(write('sweep', [before, limit]), (count) => count === limit),
    enumerate: (cursor, limit, now) =>
      whenReady(select('enumerate', [cursor ?? '', now, limit]), (rows) => {
        const records = rows.map(toRecord)
        const last = records[limit - 1]
        return last === undefined ? { records } : { records, cursor: last.key }
      }),
  }
}

function isAny(count: number): boolean {
  return count > 0
}
