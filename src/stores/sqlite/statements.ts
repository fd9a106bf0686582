// The verbs as SQL. Conditions are part of the statement that writes, never of code that runs before
// it: another process may write between a select and an update. `returning` reports whether a row was
// written.

import { columns } from '../../sql/columns.ts'
import type { SqliteDatabase, SqliteStatement } from './client.ts'
import { endOfSession } from './schema.ts'

/** One prepared statement for each verb. */
export interface Statements {
  /** Inserts unless the key is taken, by a live or an expired row. */
  readonly create: SqliteStatement
  /** The live row of a key. */
  readonly read: SqliteStatement
  /** Updates if version and newest commit id are the expected ones. Parameters: {@link toCommit}. */
  readonly commit: SqliteStatement
  /** Moves both instants forward. */
  readonly touch: SqliteStatement
  /** Deletes, and returns a row if there was one. */
  readonly delete: SqliteStatement
  /** The live rows of a user, oldest first, then by key. */
  readonly listByUser: SqliteStatement
  /** One row with the number of live rows of a user. */
  readonly countByUser: SqliteStatement
  /** Deletes the row of a key if it belongs to the user, and returns a row if it did. */
  readonly deleteOwned: SqliteStatement
  /** Deletes the rows of a user, and returns for each whether it was live. */
  readonly deleteByUser: SqliteStatement
  /** Deletes a limited number of expired rows. */
  readonly sweep: SqliteStatement
  /** Live rows in order of their keys, starting after the cursor. */
  readonly enumerate: SqliteStatement
  /** Uses the table, so that it fails when the store would. */
  readonly ping: SqliteStatement
}

// The opposite of `now >= end`. Every statement that must not see expired rows binds it once.
const isLive = `${endOfSession} > ?`

/**
 * Prepares all statements. Those that write return a row for each row they wrote, because drivers
 * count affected rows differently.
 */
export function prepareStatements(database: SqliteDatabase, tableName: string): Statements {
  const table = `"${tableName}"`
  const prepare = (sql: string): SqliteStatement => database.prepare(sql)
  return {
    create: prepare(`
      insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})
      on conflict (key) do nothing returning 1 as done`),
    read: prepare(`select ${columns.join(', ')} from ${table} where key = ? and ${isLive}`),
    commit: prepare(`
      update ${table} set
        verifier_hash = ?, previous_verifier_hash = ?, grace_until = ?, version = ?, commit_ids = ?, data = ?,
        authenticated_at = ?, last_seen_at = max(last_seen_at, ?), idle_timeout = ?,
        idle_expires_at = min(max(last_seen_at, ?) + ?, ?), ends_at = ?, user_id = ?, details = ?
      where key = ? and version = ? and json_extract(commit_ids, '$[0]') = ? and ${isLive} returning 1 as done`),
    touch: prepare(`
      update ${table} set
        last_seen_at = max(last_seen_at, ?), idle_expires_at = min(max(idle_expires_at, ?), ends_at)
      where key = ? and ${isLive} returning 1 as done`),
    delete: prepare(`delete from ${table} where key = ? returning 1 as done`),
    listByUser: prepare(`
      select ${columns.join(', ')} from ${table}
      where user_id = ? and typeof(key) = 'text' and ${isLive} order by created_at, key`),
    countByUser: prepare(`select count(*) as live from ${table} where user_id = ? and ${isLive}`),
    deleteOwned: prepare(`delete from ${table} where key = ? and user_id = ? returning 1 as done`),
    deleteByUser: prepare(`delete from ${table} where user_id = ? returning ${isLive} as live`),
    sweep: prepare(`
      delete from ${table} where key in (select key from ${table} where ${endOfSession} <= ? limit ?)
      returning 1 as done`),
    enumerate: prepare(`
      select ${columns.join(', ')} from ${table} where key > ? and ${isLive} order by key limit ?`),
    ping: prepare(`select 1 from ${table} limit 1`),
  }
}
