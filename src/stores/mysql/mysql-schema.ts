// The table: one statement that MySQL 8.0 and MariaDB 10.6 understand alike. The same is in
// sql/mysql.sql, for those who create their tables themselves.

import { Buffer } from 'node:buffer'
import { SessionTooLargeError } from '../../contract/errors.ts'
import type { SessionRecord } from '../../contract/store.ts'

type TextProperty =
  | 'key'
  | 'verifierHash'
  | 'previousVerifierHash'
  | 'handle'
  | 'data'
  | 'lifetimes'
  | 'userId'
  | 'owner'
  | 'details'

/**
 * By property: how many bytes fit into its column. One unit of a string's length takes at most three bytes. A
 * login's turn is a key of five bytes and an owner.
 */
export const columnSizes: Readonly<Record<TextProperty | 'commitIds', number>> = {
  key: 255,
  verifierHash: 255,
  previousVerifierHash: 255,
  handle: 255,
  commitIds: 1024,
  data: 2 ** 24 - 1,
  lifetimes: 16,
  userId: 3 * 256,
  owner: 250,
  details: 3 * 1024,
}

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
  \`key\` varbinary(${columnSizes.key}) not null primary key,
  verifier_hash varbinary(${columnSizes.verifierHash}) not null,
  previous_verifier_hash varbinary(${columnSizes.previousVerifierHash}),
  grace_until bigint,
  handle varbinary(${columnSizes.handle}) not null,
  format bigint not null,
  version bigint not null,
  commit_ids varbinary(${columnSizes.commitIds}) not null,
  data mediumblob not null,
  created_at bigint not null,
  authenticated_at bigint,
  rotated_at bigint,
  last_seen_at bigint not null,
  idle_timeout bigint not null,
  lifetimes varbinary(${columnSizes.lifetimes}),
  idle_expires_at bigint not null,
  ends_at bigint not null,
  user_id varbinary(${columnSizes.userId}),
  owner varbinary(${columnSizes.owner}),
  details varbinary(${columnSizes.details}),
  expires_at bigint generated always as (least(idle_expires_at, ends_at)) stored,
  index by_owner (owner, ends_at, handle),
  index by_end (expires_at)
) engine = InnoDB`
}

const properties = Object.keys(columnSizes) as (keyof typeof columnSizes)[]

/**
 * Checks that all text of a record, or of a change, fits into its columns: outside its strict mode MySQL cuts a longer
 * value without a word.
 *
 * @throws {@link SessionTooLargeError} naming the property but not its content.
 */
export function assertFits(record: Partial<SessionRecord>): void {
  for (const property of properties) {
    const value = record[property]
    if (value === undefined) continue
    const size = Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value))
    const limit = columnSizes[property]
    if (size > limit) {
      throw new SessionTooLargeError(`${property} has ${size} bytes, its column holds ${limit}`, size, limit)
    }
  }
}
