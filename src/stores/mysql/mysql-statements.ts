// The statements in SQL that MySQL 8.0 and MariaDB 10.6 understand alike: there is no `returning`. Conditions are
// part of the statement that writes, never of a statement before it: another process may write in between. Those that
// find rows of a user read the index on owners alone, without a lock; those that lock and delete go by keys:
// docs/decisions/0031.

import { mostEvictions } from '../../contract/record.ts'
import { columns, listedColumns } from '../../sql/columns.ts'
import type { Statements } from '../../sql/sql-store.ts'
import { toStatement } from './mysql-client.ts'
import type { MysqlStatement } from './mysql-client.ts'
import { createTable, quoteTable } from './mysql-schema.ts'

/** The opposite of `now >= end`. Every statement that must not see expired rows binds it once. */
const isLive = 'expires_at > ?'

/** Two ranges of the index. Comparing rows, `(ends_at, handle) > (?, ?)`, would read it from its start. */
const isAfter = '(ends_at > ? or (ends_at = ? and handle > ?))'

/** A statement with its limit written out: mysql2 binds every number as a double, which MySQL refuses there. */
export type LimitedStatement = (limit: number) => MysqlStatement

type LimitedVerb = 'listByUser' | 'sweep' | 'enumerate'

/**
 * The statements of the verbs, and those that only MySQL has. A `create` fails when the key is taken: `insert ignore`
 * would turn every error into a warning. A list takes the end of its position twice.
 */
export interface MysqlStatements
  extends
    Omit<Statements<MysqlStatement>, LimitedVerb>,
    Pick<Statements<LimitedStatement>, LimitedVerb>,
    KeyStatements {
  /** Creates the table if it is missing. */
  readonly createSchema: MysqlStatement
  /** Asks for the mode of commits; fails when the table lacks a column. */
  readonly inspect: MysqlStatement
  /** A row if there is a live one: a touch may change nothing, and this tells why. */
  readonly exists: MysqlStatement
  /** Inserts a row that is no session's, or waits for whoever has; never to be committed. */
  readonly claim: MysqlStatement
}

/** What finds the keys of a user's rows, and what locks and deletes rows by their keys. */
interface KeyStatements {
  /** The keys of an owner's rows, live or not, except for one key. */
  readonly findKeys: LimitedStatement
  /** The same from a position on. */
  readonly findKeysAfter: LimitedStatement
  /** The keys of an owner's rows with a handle. */
  readonly findKeysOfHandle: LimitedStatement
  /**
   * An owner's live rows but for one key, the longest unused first, each with how many there are beyond
   * `limit - 1`. One statement, so that both are of the same moment under any isolation.
   */
  readonly findLongestUnused: LimitedStatement
  /** Locks the rows of as many keys, where they belong to the owner, and reads what they are now. */
  readonly lock: (keys: number) => MysqlStatement
  /** Deletes the rows of as many keys. */
  readonly deleteKeys: (keys: number) => MysqlStatement
}

/** The statements on a table. */
export function writeStatements(tableName: string): MysqlStatements {
  const table = quoteTable(tableName)
  const list = quoteAll(columns)
  return {
    createSchema: toStatement(createTable(tableName)),
    create: toStatement(`insert into ${table} (${list}) values (${columns.map(() => '?').join(', ')})`),
    read: toStatement(`select ${list} from ${table} where \`key\` = ? and ${isLive}`),
    // MySQL assigns from left to right, so the idle end sees the new last use, whose later is itself.
    commit: toStatement(`update ${table} set
      verifier_hash = ?, previous_verifier_hash = ?, grace_until = ?, version = ?, commit_ids = ?, data = ?,
      authenticated_at = ?, rotated_at = ?, last_seen_at = greatest(last_seen_at, ?), idle_timeout = ?, lifetimes = ?,
      idle_expires_at = least(greatest(last_seen_at, ?) + ?, ?), ends_at = ?, user_id = ?, owner = ?, details = ?
      where \`key\` = ? and version = ? and locate(?, commit_ids) = 1 and ${isLive}`),
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
    ...writeUserStatements(table),
  }
}

/** Those about the sessions of a user. */
function writeUserStatements(
  table: string,
): KeyStatements & Pick<MysqlStatements, 'listByUser' | 'countByUser'> {
  return {
    listByUser: (limit) =>
      toStatement(`select ${quoteAll(listedColumns)} from ${table}
        where owner = ? and ${isAfter} and ${isLive} order by ends_at, handle limit ${toWhole(limit)}`),
    countByUser: toStatement(`select count(*) as live from ${table} where owner = ? and ${isLive}`),
    findKeys: (limit) =>
      toStatement(`select \`key\`, ends_at, handle from ${table}
        where owner = ? and not (\`key\` <=> ?) order by ends_at, handle limit ${toWhole(limit)}`),
    findKeysAfter: (limit) =>
      toStatement(`select \`key\`, ends_at, handle from ${table}
        where owner = ? and not (\`key\` <=> ?) and ${isAfter} order by ends_at, handle limit ${toWhole(limit)}`),
    findKeysOfHandle: (limit) =>
      toStatement(`select \`key\` from ${table} where owner = ? and handle = ? limit ${toWhole(limit)}`),
    findLongestUnused: (limit) =>
      toStatement(`select \`key\`, last_seen_at, (select count(*) from (select 1 from ${table}
          where owner = ? and \`key\` <> ? and ${isLive}
          limit ${mostEvictions} offset ${toWhole(limit - 1)}) as beyond) as excess
        from ${table} where owner = ? and \`key\` <> ? and ${isLive}
        order by last_seen_at, \`key\` limit ${mostEvictions}`),
    lock: (keys) =>
      toStatement(`select \`key\`, handle, last_seen_at, ${isLive} as live from ${table} force index (primary)
        where owner = ? and ${isOneOf(keys)} for update`),
    deleteKeys: (keys) => toStatement(`delete from ${table} where ${isOneOf(keys)}`),
  }
}

/** Names of columns in a statement: one of them is a word of SQL. */
function quoteAll(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

function isOneOf(keys: number): string {
  return `\`key\` in (${Array.from({ length: keys }, () => '?').join(', ')})`
}

/** A number as SQL has it: `1e+21` would be something else. */
function toWhole(number: number): number {
  return Math.min(Math.trunc(number), Number.MAX_SAFE_INTEGER)
}
