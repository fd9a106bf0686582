// The statements about a user's sessions. Those that find rows read the index on owners alone, without a lock; those
// that lock and delete go by keys: docs/decisions/0031.

import { mostEvictions } from '../../contract/record.ts'
import { listedColumns } from '../../sql/columns.ts'
import { toStatement } from './mysql-client.ts'
import type { MysqlStatement } from './mysql-client.ts'

/** The opposite of `now >= end`. Every statement that must not see expired rows binds it once. */
export const isLive = 'expires_at > ?'

/** Two ranges of the index. Comparing rows, `(ends_at, handle) > (?, ?)`, would read it from its start. */
const isAfter = '(ends_at > ? or (ends_at = ? and handle > ?))'

/** The statements of the user index. */
export interface IndexStatements {
  /** A page of the live rows of an owner, without their data, in order of their ends and handles. */
  readonly listByUser: (limit: number) => MysqlStatement
  /** One row with the number of live rows of an owner. */
  readonly countByUser: MysqlStatement
  /** The keys of an owner's rows, live or not, except for one key. */
  readonly findKeys: (limit: number) => MysqlStatement
  /** The same from a position on. */
  readonly findKeysAfter: (limit: number) => MysqlStatement
  /** The keys of an owner's rows with a handle. */
  readonly findKeysOfHandle: (limit: number) => MysqlStatement
  /**
   * An owner's live rows but for one key, the longest unused first, each with how many there are beyond
   * `limit - 1`. One statement, so that both are of the same moment under any isolation.
   */
  readonly findLongestUnused: (limit: number) => MysqlStatement
  /** Locks the rows of as many keys, where they belong to the owner, and reads what they are now. */
  readonly lock: (keys: number) => MysqlStatement
  /** Deletes the rows of as many keys. */
  readonly deleteKeys: (keys: number) => MysqlStatement
}

/** The statements on a table, whose name is quoted. */
export function writeIndexStatements(table: string): IndexStatements {
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
export function quoteAll(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

function isOneOf(keys: number): string {
  return `\`key\` in (${Array.from({ length: keys }, () => '?').join(', ')})`
}

/** A number as SQL has it: `1e+21` would be something else. */
export function toWhole(number: number): number {
  return Math.min(Math.trunc(number), Number.MAX_SAFE_INTEGER)
}
