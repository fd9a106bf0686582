// The tables and their indexes, and how what is missing is created while other servers do the same. docs/decisions/0018
// and 0030 say why they are as they are.

import { columns } from '../../sql/columns.ts'
import { describeLayout, readErrorCode } from './postgres-driver-error.ts'
import type { RunStatement, Statement } from './postgres-driver.ts'
import type { TableName } from './postgres-options.ts'

/** When a session ends, as SQL. */
export const endOfSession = 'least(idle_expires_at, ends_at)'

/** The hour since 1970 of an instant, as SQL. */
export function toHour(instant: string): string {
  return `${instant} / 3600000`
}

/** A table or an index. */
export interface SchemaObject {
  /** Quoted, with its schema. */
  readonly name: string
  /** The statement that creates it if it is missing. */
  readonly statement: string
  /** The columns that one of this name must have, if it is there. */
  readonly columns: readonly string[]
}

/** The quoted name of the table itself, or of what belongs to it. */
export function quoteName({ schema, name }: TableName, suffix = ''): string {
  return `${schema === undefined ? '' : `"${schema}".`}"${name}${suffix}"`
}

/** The quoted name of the table in which logins of one user take turns. */
export function quoteLockName(table: TableName): string {
  return quoteName(table, '_lock')
}

/** The tables and indexes, in the order in which they must be created. */
export function listSchema(table: TableName): readonly SchemaObject[] {
  const name = quoteName(table)
  const index = (suffix: string, definition: string): SchemaObject => ({
    name: quoteName(table, suffix),
    statement: `create index if not exists "${table.name}${suffix}" on ${name} ${definition}`,
    columns: [],
  })
  return [
    { name, statement: createTableStatement(name), columns },
    index('_user', '(owner, ends_at, handle) where owner is not null'),
    index('_end', '(end_hour)'),
    {
      name: quoteLockName(table),
      statement: createLockStatement(quoteLockName(table)),
      columns: ['bucket', 'logins'],
    },
  ]
}

/**
 * All instants are milliseconds since 1970; `commit_ids` is a JSON array, newest first. Collation `C`
 * compares and sorts bytes.
 *
 * The index for sweeps is on the hour of the end, which few commits change: one that changes no indexed
 * column leaves all indexes alone.
 */
function createTableStatement(name: string): string {
  return `create table if not exists ${name} (
  key text collate "C" primary key,
  verifier_hash text not null,
  previous_verifier_hash text,
  grace_until bigint,
  handle text collate "C" not null,
  format bigint not null,
  version bigint not null,
  commit_ids text not null,
  data text not null,
  created_at bigint not null,
  authenticated_at bigint,
  rotated_at bigint,
  last_seen_at bigint not null,
  idle_timeout bigint not null,
  lifetimes text,
  idle_expires_at bigint not null,
  ends_at bigint not null,
  user_id text,
  owner text collate "C",
  details text,
  end_hour bigint generated always as (${toHour(endOfSession)}) stored
) with (fillfactor = 85)`
}

/** One row for each bucket of users, made by the first login in it. Each login changes the row of its bucket. */
function createLockStatement(name: string): string {
  return `create table if not exists ${name} (
  bucket bigint primary key,
  logins bigint not null
) with (fillfactor = 50)`
}

/**
 * What `if not exists` leaves to chance: two that create at once both find nothing, and the second fails
 * with `unique_violation` in the catalog, `duplicate_table` or `duplicate_object` (the type of the row).
 */
const races: ReadonlySet<string> = new Set(['23505', '42P07', '42710'])

/** More than enough: after a lost race the object exists. */
const mostAttempts = 5

/** The names of the columns of a table or index; no rows if there is none. Needs no right to it. */
const listColumns: Statement = {
  text: `select attname::text as name from pg_catalog.pg_attribute
    where attrelid = to_regclass($1::text) and attnum > 0 and not attisdropped`,
  columns: ['name'],
}

/**
 * Creates the objects that are missing, in order. Looks first, because `if not exists` would lock the table
 * against writers, and demand a right to create, even where everything exists.
 *
 * It throws an error that says what to do for a table without the columns that it must have.
 */
export async function createMissing(run: RunStatement, objects: readonly SchemaObject[]): Promise<void> {
  for (const object of objects) await createOne(run, object)
}

async function createOne(run: RunStatement, object: SchemaObject): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    if (await isThere(run, object)) return
    try {
      await run({ text: object.statement, columns: [] })
      return
    } catch (error) {
      if (attempt === mostAttempts || !races.has(readErrorCode(error))) throw error
    }
  }
}

async function isThere(run: RunStatement, object: SchemaObject): Promise<boolean> {
  const rows = await run(listColumns, [object.name])
  const found = new Set(rows.map((row) => (row as { name: string }).name))
  const lacking = object.columns.filter((column) => !found.has(column))
  if (found.size > 0 && lacking.length > 0) {
    throw new Error(describeLayout(object.name, `it lacks ${lacking.join(', ')}`))
  }
  return found.size > 0
}
