// The verbs as SQL, each one statement. Conditions are part of the statement that writes: under READ
// COMMITTED PostgreSQL waits for a row that another transaction is writing, and then examines the
// condition again on what that one has left. `returning` tells what was written.

import { columns } from '../../sql/columns.ts'
import type { TableName } from './postgres-options.ts'
import { endOfSession, quoteName, toHour } from './schema.ts'

/** A statement, and the columns of its rows. */
export interface Statement {
  readonly text: string
  readonly columns: readonly string[]
}

/** One statement for each verb. */
export interface Statements {
  /** Inserts unless the key is taken, by a live or an expired row. Parameters: {@link toRow}. */
  readonly create: Statement
  /** The live row of a key. Key, now. */
  readonly read: Statement
  /** Updates if version and newest commit id are the expected ones. Parameters: {@link toCommit}. */
  readonly commit: Statement
  /** Moves both instants forward. Key, last use, idle end, now. */
  readonly touch: Statement
  /** Deletes, and returns a row if there was one. Key. */
  readonly delete: Statement
  /** The live rows of a user, oldest first, then by key. User, now. */
  readonly listByUser: Statement
  /** One row with the number of live rows of a user. User, now. */
  readonly countByUser: Statement
  /** Deletes the row of a key if it belongs to the user, and returns a row if it did. User, key. */
  readonly deleteOwned: Statement
  /** Deletes the rows of a user. One row with the number of those that were live. User, now. */
  readonly deleteByUser: Statement
  /** Deletes a limited number of expired rows. Before, limit. */
  readonly sweep: Statement
  /** Live rows in order of their keys, starting after the cursor. Cursor, now, limit. */
  readonly enumerate: Statement
  /** Uses the table, so that it fails when the store would. */
  readonly ping: Statement
}

/** The opposite of `now >= end`. */
function isLive(now: string): string {
  return `${endOfSession} > ${now}::bigint`
}

/** A statement whose rows are records. */
function record(text: string): Statement {
  return { text, columns }
}

/** A statement that writes, and has a row for each row that it wrote. */
function done(text: string): Statement {
  return { text: `${text} returning 1 as done`, columns: ['done'] }
}

/** A statement that counts. */
function live(text: string): Statement {
  return { text, columns: ['live'] }
}

/** All statements for a table. */
export function createStatements(tableName: TableName): Statements {
  const table = quoteName(tableName)
  const list = columns.join(', ')
  return {
    create:
      done(`insert into ${table} (${list}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
      on conflict (key) do nothing`),
    read: record(`select ${list} from ${table} where key = $1::text and ${isLive('$2')}`),
    commit: done(commitStatement(table)),
    touch: done(`update ${table} set last_seen_at = greatest(last_seen_at, $2::bigint),
      idle_expires_at = least(greatest(idle_expires_at, $3::bigint), ends_at)
      where key = $1::text and ${isLive('$4')}`),
    delete: done(`delete from ${table} where key = $1::text`),
    listByUser: record(`select ${list} from ${table} where user_id = $1::text and ${isLive('$2')}
      order by created_at, key`),
    countByUser: live(`select count(*) as live from ${table} where user_id = $1::text and ${isLive('$2')}`),
    deleteOwned: done(`delete from ${table} where user_id = $1::text and key = $2::text`),
    deleteByUser: live(`with deleted as (
        delete from ${table} where user_id = $1::text returning ${isLive('$2')} as was_live
      ) select count(*) as live from deleted where was_live`),
    sweep: done(sweepStatement(table)),
    enumerate: record(`select ${list} from ${table} where key > $1::text and ${isLive('$2')}
      order by key limit $3::bigint`),
    ping: { text: `select 1 as done from ${table} limit 1`, columns: ['done'] },
  }
}

/**
 * The newest commit id is compared as the beginning of the JSON text, so that a row which another
 * program has damaged is one that was not expected, and no error.
 */
function commitStatement(table: string): string {
  return `update ${table} set
      verifier_hash = $5, previous_verifier_hash = $6, grace_until = $7, version = $8, commit_ids = $9,
      data = $10, authenticated_at = $11, last_seen_at = greatest(last_seen_at, $12::bigint),
      idle_timeout = $13::bigint,
      idle_expires_at = least(greatest(last_seen_at, $12::bigint) + $13::bigint, $14::bigint),
      ends_at = $14::bigint, user_id = $15, details = $16
    where key = $1::text and version = $2::bigint and starts_with(commit_ids, $3::text) and ${isLive('$4')}`
}

/**
 * Ten servers that sweep at once take different rows, and none waits for a row that is being written. Each
 * row is examined again once it is locked. An array, because PostgreSQL computes it once; a subquery it may
 * run again, past the limit.
 */
function sweepStatement(table: string): string {
  return `delete from ${table} where key = any(array(
      select key from ${table} where end_hour <= ${toHour('$1::bigint')} and ${endOfSession} <= $1::bigint
      order by end_hour limit $2::bigint for update skip locked
    ))`
}
