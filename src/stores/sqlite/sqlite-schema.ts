// The table, in plain SQL types.

import { SessionConfigError } from '../../contract/errors.ts'
import { columns } from '../../sql/columns.ts'
import { query } from './sqlite-client.ts'
import type { SqliteDatabase } from './sqlite-client.ts'

/** When a session ends, as SQL. SQLite uses the index on it only for exactly this expression. */
export const endOfSession = 'min(idle_expires_at, ends_at)'

/**
 * Creates the table and its indexes if they are missing.
 *
 * @throws {@link SessionConfigError} when there is a table of this name that cannot hold records.
 */
export function createTable(database: SqliteDatabase, table: string): void {
  assertLayout(database, table)
  database.exec(createSchema(table))
}

/**
 * The statements. All instants are milliseconds since 1970; `commit_ids` is a JSON array, newest first. What may
 * be long comes last: SQLite reads a column behind it only by way of all pages that it fills, and lists
 * and conditions need the short ones.
 */
function createSchema(table: string): string {
  return `
    create table if not exists "${table}" (
      key text primary key not null,
      owner text,
      handle text not null,
      format integer not null,
      version integer not null,
      created_at integer not null,
      authenticated_at integer,
      rotated_at integer,
      last_seen_at integer not null,
      idle_timeout integer not null,
      lifetimes text,
      idle_expires_at integer not null,
      ends_at integer not null,
      verifier_hash text not null,
      previous_verifier_hash text,
      grace_until integer,
      user_id text,
      details text,
      commit_ids text not null,
      data text not null
    );
    create index if not exists "${table}_owner" on "${table}" (owner, ends_at, handle) where owner is not null;
    create index if not exists "${table}_end" on "${table}" (${endOfSession});
  `
}

/** Otherwise SQLite would speak of a column that is missing, and not of what to do about it. */
function assertLayout(database: SqliteDatabase, table: string): void {
  const present = query(database, `select name from pragma_table_info('${table}')`)
  const names = new Set(present.map(({ name }) => name))
  const missing = columns.filter((column) => !names.has(column))
  if (names.size === 0 || missing.length === 0) return
  throw new SessionConfigError(
    `sqliteStore.table: "${table}" exists without the columns ${missing.join(', ')}: an earlier version of coatcheck ` +
      `or another program has made it. Drop it (drop table "${table}"), which ends its sessions, or choose another name`,
  )
}
