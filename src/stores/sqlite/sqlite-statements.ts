// The verbs as SQL. Conditions are part of the statement that writes, never of code that runs before
// it: another process may write between a select and an update. `returning` reports whether a row was
// written. Each `?` is bound once: node:sqlite does not bind `?1` by position.

import { mostEvictions } from '../../contract/record.ts'
import { columns, listedColumns } from '../../sql/columns.ts'
import type { Statements } from '../../sql/sql-store.ts'
import { prepare } from './sqlite-client.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite-client.ts'
import { endOfSession } from './sqlite-schema.ts'

/** The statements of the verbs, and those of the user index that only SQLite has. */
export interface SqliteStatements extends Statements<SqliteStatement> {
  /** Deletes the rows of an owner with a handle, and returns for each whether it was live. Owner, handle, now. */
  readonly deleteByHandle: SqliteStatement
  /**
   * Deletes a limited number of rows of an owner but for one key, and returns for each its handle and whether it was
   * live. Owner, key or null, limit, now.
   */
  readonly deleteByUser: SqliteStatement
  /**
   * Deletes the rows of an owner that are too many, except that of a key, and returns their handles. Twice: owner, key,
   * now, how many may stay.
   */
  readonly evict: SqliteStatement
}

// The opposite of `now >= end`. Every statement that must not see expired rows binds it once.
const isLive = `${endOfSession} > ?`

// A row that another program has damaged is listed if it can still have a place in the order.
const hasPosition = `typeof(key) = 'text' and typeof(handle) = 'text' and typeof(ends_at) in ('integer', 'real')`

/**
 * Prepares all statements. Those that write return a row for each row they wrote, because drivers
 * count affected rows differently.
 */
export function prepareStatements(database: SqliteDatabase, tableName: string): SqliteStatements {
  const table = `"${tableName}"`
  const prepareHere = (sql: string): SqliteStatement => prepare(database, sql)
  const statements = {
    create: prepareHere(`
      insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})
      on conflict (key) do nothing returning 1 as done`),
    read: prepareHere(`select ${columns.join(', ')} from ${table} where key = ? and ${isLive}`),
    commit: prepareHere(`
      update ${table} set
        verifier_hash = ?, previous_verifier_hash = ?, grace_until = ?, version = ?, commit_ids = ?, data = ?,
        authenticated_at = ?, rotated_at = ?, last_seen_at = max(last_seen_at, ?), idle_timeout = ?, lifetimes = ?,
        idle_expires_at = min(max(last_seen_at, ?) + ?, ?), ends_at = ?, user_id = ?, owner = ?, details = ?
      where key = ? and version = ? and instr(commit_ids, ?) = 1 and ${isLive} returning 1 as done`),
    touch: prepareHere(`
      update ${table} set
        last_seen_at = max(last_seen_at, ?), idle_expires_at = min(max(idle_expires_at, ?), ends_at)
      where key = ? and ${isLive} returning 1 as done`),
    delete: prepareHere(`delete from ${table} where key = ? returning 1 as done`),
    deleteOwned: prepareHere(`delete from ${table} where key = ? and owner is ? returning 1 as done`),
    sweep: prepareHere(`
      delete from ${table} where rowid in (select rowid from ${table} where ${endOfSession} <= ? limit ?)
      returning 1 as done`),
    enumerate: prepareHere(`
      select ${columns.join(', ')} from ${table} where key > ? and ${isLive} order by key limit ?`),
    ...prepareUserStatements(prepareHere, table),
  }
  // A damaged number of 64 bits would otherwise fail the whole list (node:sqlite).
  statements.listByUser.setReadBigInts?.(true)
  return statements
}

type UserStatements = Pick<
  SqliteStatements,
  'listByUser' | 'countByUser' | 'deleteByHandle' | 'deleteByUser' | 'evict'
>

function prepareUserStatements(prepareHere: (sql: string) => SqliteStatement, table: string): UserStatements {
  return {
    listByUser: prepareHere(`
      select ${listedColumns.join(', ')} from ${table}
      where owner = ? and (ends_at, handle) > (?, ?) and ${isLive} and ${hasPosition}
      order by ends_at, handle limit ?`),
    countByUser: prepareHere(`select count(*) as live from ${table} where owner = ? and ${isLive}`),
    deleteByHandle: prepareHere(`
      delete from ${table} where owner = ? and handle = ? returning ${isLive} as live`),
    deleteByUser: prepareHere(`
      delete from ${table} where rowid in (select rowid from ${table} where owner = ? and key is not ? limit ?)
      returning handle, ${isLive} as live`),
    // No more are counted than are ended at once, with those that may stay.
    evict: prepareHere(`
      delete from ${table} where rowid in (
        select rowid from ${table} where owner = ? and key <> ? and ${isLive} order by last_seen_at, key
        limit max(0, 1 - ? + (
          select count(*) from (
            select 1 from ${table} where owner = ? and key <> ? and ${isLive}
            limit cast(? as integer) - 1 + ${mostEvictions}))))
      returning handle`),
  }
}
