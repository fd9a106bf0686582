// The table and its indexes. docs/decisions/0018 says why they are as they are.

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
}

/** The quoted name of the table itself, or of what belongs to it. */
export function quoteName({ schema, name }: TableName, suffix = ''): string {
  return `${schema === undefined ? '' : `"${schema}".`}"${name}${suffix}"`
}

/**
 * The table and its indexes, in the order in which they must be created. All instants are milliseconds
 * since 1970; `commit_ids` is a JSON array, newest first. Collation `C` compares and sorts bytes.
 *
 * The index for sweeps is on the hour of the end, which few commits change: one that changes no indexed
 * column leaves all indexes alone.
 */
export function listSchema(table: TableName): readonly SchemaObject[] {
  const name = quoteName(table)
  const index = (suffix: string, definition: string): SchemaObject => ({
    name: quoteName(table, suffix),
    statement: `create index if not exists "${table.name}${suffix}" on ${name} ${definition}`,
  })
  return [
    {
      name,
      statement: `create table if not exists ${name} (
  key text collate "C" primary key,
  verifier_hash text not null,
  previous_verifier_hash text,
  grace_until bigint,
  handle text not null,
  format bigint not null,
  version bigint not null,
  commit_ids text not null,
  data text not null,
  created_at bigint not null,
  authenticated_at bigint,
  last_seen_at bigint not null,
  idle_timeout bigint not null,
  idle_expires_at bigint not null,
  ends_at bigint not null,
  user_id text collate "C",
  details text,
  end_hour bigint generated always as (${toHour(endOfSession)}) stored
) with (fillfactor = 85)`,
    },
    index('_user', '(user_id, created_at) where user_id is not null'),
    index('_end', '(end_hour)'),
  ]
}
