// The verbs as SQL that MySQL 8.0 and MariaDB 10.6 understand alike: there is no `returning`. Conditions are
// part of the statement that writes, never of a statement before it: another process may write in between.

import { columns } from '../../sql/columns.ts'
import { toStatement } from './mysql-client.ts'
import type { MysqlStatement } from './mysql-client.ts'
import { isLive, quoteAll, toWhole, writeIndexStatements } from './mysql-index-statements.ts'
import type { IndexStatements } from './mysql-index-statements.ts'
import { createTable, quoteTable } from './mysql-schema.ts'

/** The statements of each verb. */
export interface Statements extends IndexStatements {
  /** Creates the table if it is missing. */
  readonly createSchema: MysqlStatement
  /** Inserts, or fails when the key is taken. Not `insert ignore`, which turns every error into a warning. */
  readonly create: MysqlStatement
  /** The live row of a key. */
  readonly read: MysqlStatement
  /** Updates if version and newest commit id are the expected ones. Parameters: {@link toCommit}. */
  readonly commit: MysqlStatement
  /** Moves both instants forward. May change nothing: {@link exists} tells why. */
  readonly touch: MysqlStatement
  /** A row if there is a live one. */
  readonly exists: MysqlStatement
  /** Deletes the row of a key. */
  readonly delete: MysqlStatement
  /** Deletes the row of a key if it belongs to the owner, or with `null` to nobody. */
  readonly deleteOwned: MysqlStatement
  /** Inserts a row that is no session's, or waits for whoever has; never to be committed. */
  readonly claim: MysqlStatement
  /** Deletes a limited number of expired rows. */
  readonly sweep: (limit: number) => MysqlStatement
  /** Live rows in order of their keys, starting after the cursor. */
  readonly enumerate: (limit: number) => MysqlStatement
  /** Asks for the mode of commits; fails when the table lacks a column. */
  readonly inspect: MysqlStatement
}

/**
 * The statements on a table. A limit is written out: mysql2 binds every number as a double, which
 * MySQL refuses as a limit.
 */
export function writeStatements(tableName: string): Statements {
  const table = quoteTable(tableName)
  const list = quoteAll(columns)
  return {
    ...writeIndexStatements(table),
    createSchema: toStatement(createTable(tableName)),
    create: toStatement(`insert into ${table} (${list}) values (${columns.map(() => '?').join(', ')})`),
    read: toStatement(`select ${list} from ${table} where \`key\` = ? and ${isLive}`),
    // MySQL assigns from left to right, so the idle end sees the new last use, whose later is itself. The
    // newest commit id is at the start of a JSON array of strings.
    commit: toStatement(`update ${table} set
      verifier_hash = ?, previous_verifier_hash = ?, grace_until = ?, version = ?, commit_ids = ?, data = ?,
      authenticated_at = ?, rotated_at = ?, last_seen_at = greatest(last_seen_at, ?), idle_timeout = ?, lifetimes = ?,
      idle_expires_at = least(greatest(last_seen_at, ?) + ?, ?), ends_at = ?, user_id = ?, owner = ?, details = ?
      where \`key\` = ? and version = ? and locate(concat('["', ?, '"'), commit_ids) = 1 and ${isLive}`),
    touch: toStatement(`update ${table} set
      last_seen_at = greatest(last_seen_at, ?), idle_expires_at = least(greatest(idle_expires_at, ?), ends_at)
      where \`key\` = ? and ${isLive}`),
    exists: toStatement(`select 1 from ${table} where \`key\` = ? and ${isLive}`),
    delete: toStatement(`delete from ${table} where \`key\` = ?`),
    deleteOwned: toStatement(`delete from ${table} where \`key\` = ? and owner <=> ?`),
    // It ends so late that no sweep waits for it.
    claim: toStatement(`insert into ${table}
      (\`key\`, verifier_hash, handle, format, version, commit_ids, data, created_at, last_seen_at, idle_timeout,
        idle_expires_at, ends_at)
      values (?, '', '', 0, 0, '', '', 0, 0, 0, ${Number.MAX_SAFE_INTEGER}, ${Number.MAX_SAFE_INTEGER})
      on duplicate key update format = 0`),
    sweep: (limit) =>
      toStatement(`delete from ${table} where expires_at <= ? order by expires_at limit ${toWhole(limit)}`),
    enumerate: (limit) =>
      toStatement(`select ${list} from ${table}
        where \`key\` > ? and ${isLive} order by \`key\` limit ${toWhole(limit)}`),
    inspect: toStatement(`select @@autocommit as autocommit,
      (select count(*) from (select ${list} from ${table} where false) as empty_table) as found`),
  }
}
