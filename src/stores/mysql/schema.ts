// The table: one statement that MySQL 8.0 and MariaDB 10.6 understand alike. The same is in
// sql/mysql.sql, for those who create their tables themselves.

import { columnSizes as size } from './column-sizes.ts'

/** A name that has been checked, quoted; `database.table` part by part. */
export function quoteTable(table: string): string {
  return table
    .split('.')
    .map((part) => `\`${part}\``)
    .join('.')
}

/**
 * The statement that creates the table with its indexes if it is missing. All instants are
 * milliseconds since 1970; `commit_ids` is a JSON array, newest first; text is UTF-8. `expires_at` is
 * computed by the database, because neither server has an index on an expression that the other knows too.
 */
export function createTable(table: string): string {
  return `create table if not exists ${quoteTable(table)} (
  \`key\` varbinary(${size.key}) not null primary key,
  verifier_hash varbinary(${size.verifierHash}) not null,
  previous_verifier_hash varbinary(${size.previousVerifierHash}),
  grace_until bigint,
  handle varbinary(${size.handle}) not null,
  format bigint not null,
  version bigint not null,
  commit_ids varbinary(${size.commitIds}) not null,
  data mediumblob not null,
  created_at bigint not null,
  authenticated_at bigint,
  rotated_at bigint,
  last_seen_at bigint not null,
  idle_timeout bigint not null,
  lifetimes varbinary(${size.lifetimes}),
  idle_expires_at bigint not null,
  ends_at bigint not null,
  user_id varbinary(${size.userId}),
  owner varbinary(${size.owner}),
  details varbinary(${size.details}),
  expires_at bigint generated always as (least(idle_expires_at, ends_at)) stored,
  index by_owner (owner, ends_at, handle),
  index by_end (expires_at)
) engine = InnoDB`
}
