// The verbs as SQL. A condition stands in the statement that writes, never in code before it:
// between a select and an update another process can come. `returning` says whether a row was
// written.

import type { SqliteDatabase, SqliteStatement } from './client.ts'
import { columns, endOfSession } from './schema.ts'

/** One prepared statement for each verb. */
export interface Statements {
  /** Inserts unless the key is taken, by a live row or a dead one. */
  readonly create: SqliteStatement
  /** The live row of a key. */
  readonly read: SqliteStatement
  /**
   * Updates if version and newest commit id are the expected ones. Order of parameters: {@link
   * toChanges}.
   */
  readonly commit: SqliteStatement
  /** Moves both instants forward. */
  readonly touch: SqliteStatement
  /** Removes, and answers with a row if there was one. */
  readonly delete: SqliteStatement
  /** Oldest first; the key decides among equals. */
  readonly listByUser: SqliteStatement
  /** One row with the number. */
  readonly countByUser: SqliteStatement
  /** Removes the row of a key while it is the user's, and answers with a row if it did. */
  readonly deleteOwned: SqliteStatement
  /** A row for each removed, which says whether it was alive. */
  readonly deleteByUser: SqliteStatement
  /** At most so many of the expired. */
  readonly sweep: SqliteStatement
  /** By key, from behind the cursor on. */
  readonly enumerate: SqliteStatement
  /** Needs the table, so that it fails where the store would. */
  readonly ping: SqliteStatement
}

// The other side of `now >= end`: bound once in each statement that must not see the dead.
const isLive = `${endOfSession} > ?`

/**
 * Prepares all statements. Those that write answer with a row for each row they wrote, because
 * drivers count affected rows differently.
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
      select ${columns.join(', ')} from ${table} where user_id = ? and ${isLive} order by created_at, key`),
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
