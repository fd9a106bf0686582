// The five verbs, and what goes over all rows, each one statement. Conditions are part of the statement that
// writes: under READ COMMITTED PostgreSQL waits for a row that another transaction is writing, and then examines
// the condition again on what that one has left. `returning` tells what was written.

import { columns } from '../../sql/columns.ts'
import type { TableName } from './postgres-options.ts'
import { endOfSession, quoteName, toHour } from './postgres-schema.ts'
import { done, isLive, rowParameters, selectAsText } from './postgres-statement.ts'
import type { Statement } from './postgres-statement.ts'

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
  /** Deletes if it belongs to this owner, or with null to nobody. Key, owner. */
  readonly deleteOwned: Statement
  /** Deletes a limited number of expired rows. Before, limit. */
  readonly sweep: Statement
  /** Live rows in order of their keys, starting after the cursor. Cursor, now, limit. */
  readonly enumerate: Statement
}

/** The statements of the verbs for a table. */
export function createStatements(tableName: TableName): Statements {
  const table = quoteName(tableName)
  const list = selectAsText(columns)
  const remove = `delete from ${table} where key = $1::text`
  return {
    create: done(insertStatement(table, `values (${rowParameters()})`)),
    read: { text: `select ${list} from ${table} where key = $1::text and ${isLive('$2')}`, columns },
    commit: done(commitStatement(table)),
    touch: done(`update ${table} set last_seen_at = greatest(last_seen_at, $2::bigint),
      idle_expires_at = least(greatest(idle_expires_at, $3::bigint), ends_at)
      where key = $1::text and ${isLive('$4')}`),
    delete: done(remove),
    deleteOwned: done(`${remove} and owner is not distinct from $2::text`),
    sweep: done(sweepStatement(table)),
    enumerate: {
      text: `select ${list} from ${table} as listed where key > $1::text and ${isLive('$2')}
        order by listed.key limit $3::bigint`,
      columns,
    },
  }
}

/**
 * Inserts a row unless its key is taken.
 *
 * @param source - Where the row comes from: `values` or `select`.
 */
export function insertStatement(table: string, source: string): string {
  return `insert into ${table} (${columns.join(', ')}) ${source} on conflict (key) do nothing`
}

/**
 * The newest commit id is compared as the beginning of the JSON text, so that a row which another
 * program has damaged is one that was not expected, and no error.
 *
 * @param source - A `from` clause, if something else must exist as well.
 */
export function commitStatement(table: string, source = ''): string {
  return `update ${table} set
      verifier_hash = $5::text, previous_verifier_hash = $6::text, grace_until = $7::bigint,
      version = $8::bigint, commit_ids = $9::text, data = $10::text, authenticated_at = $11::bigint,
      rotated_at = $12::bigint, last_seen_at = greatest(last_seen_at, $13::bigint),
      idle_timeout = $14::bigint, lifetimes = $15::text,
      idle_expires_at = least(greatest(last_seen_at, $13::bigint) + $14::bigint, $16::bigint),
      ends_at = $16::bigint, user_id = $17::text, owner = $18::text, details = $19::text ${source}
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
