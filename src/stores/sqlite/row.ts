// Between records and rows. An absent property is NULL. What comes back is checked by column,
// because SQLite keeps whatever type it is given, whatever the column says.

import { SessionDecodeError } from '../../errors.ts'
import { sealRecord } from '../../record.ts'
import type { RecordChange, SessionRecord } from '../../store.ts'
import type { SqliteValue } from './client.ts'
import type { columns } from './schema.ts'

type Column = (typeof columns)[number]
type Row = Record<Column, unknown>

/** The values of a new row, in the order of `columns`. */
export function toRow(record: SessionRecord): SqliteValue[] {
  return [
    record.key,
    record.verifierHash,
    record.previousVerifierHash ?? null,
    record.graceUntil ?? null,
    record.handle,
    record.format,
    record.version,
    JSON.stringify(record.commitIds),
    record.data,
    record.createdAt,
    record.authenticatedAt ?? null,
    record.lastSeenAt,
    record.idleTimeout,
    record.idleExpiresAt,
    record.endsAt,
    record.userId ?? null,
    record.details ?? null,
  ]
}

/** The values that a commit sets, in the order of its statement. */
export function toChanges(change: RecordChange): SqliteValue[] {
  return [
    change.verifierHash,
    change.previousVerifierHash ?? null,
    change.graceUntil ?? null,
    change.version,
    JSON.stringify(change.commitIds),
    change.data,
    change.authenticatedAt ?? null,
    change.lastSeenAt,
    change.idleTimeout,
    change.lastSeenAt,
    change.idleTimeout,
    change.endsAt,
    change.endsAt,
    change.userId ?? null,
    change.details ?? null,
  ]
}

/**
 * Reads a row.
 *
 * @throws {@link SessionDecodeError} naming the column, without its content, when somebody else wrote
 * there what a record cannot hold.
 */
export function toRecord(value: unknown): SessionRecord {
  const row = value as Row
  return sealRecord({
    key: text(row, 'key'),
    verifierHash: text(row, 'verifier_hash'),
    previousVerifierHash:
      row.previous_verifier_hash === null ? undefined : text(row, 'previous_verifier_hash'),
    graceUntil: row.grace_until === null ? undefined : number(row, 'grace_until'),
    handle: text(row, 'handle'),
    format: number(row, 'format'),
    version: number(row, 'version'),
    commitIds: texts(row, 'commit_ids'),
    data: text(row, 'data'),
    createdAt: number(row, 'created_at'),
    authenticatedAt: row.authenticated_at === null ? undefined : number(row, 'authenticated_at'),
    lastSeenAt: number(row, 'last_seen_at'),
    idleTimeout: number(row, 'idle_timeout'),
    idleExpiresAt: number(row, 'idle_expires_at'),
    endsAt: number(row, 'ends_at'),
    userId: row.user_id === null ? undefined : text(row, 'user_id'),
    details: row.details === null ? undefined : text(row, 'details'),
  })
}

/**
 * Reads a row for the list of a user. One damaged row must not hide the others, nor keep itself from being
 * revoked: it is handed out under a format that nobody reads.
 */
export function toListedRecord(value: unknown): SessionRecord {
  try {
    return toRecord(value)
  } catch {
    const { key, handle, user_id: userId } = value as Row
    return { key, handle: typeof handle === 'string' ? handle : '', userId, format: 0 } as SessionRecord
  }
}

/** A text column. @throws {@link SessionDecodeError} */
function text(row: Row, column: Column): string {
  const value = row[column]
  if (typeof value !== 'string') throw malformed(column)
  return value
}

/** A database can be set to answer with bigint. */
function number(row: Row, column: Column): number {
  const value = row[column]
  if (typeof value !== 'number' && typeof value !== 'bigint') throw malformed(column)
  return Number(value)
}

/** A column with a JSON array of texts. @throws {@link SessionDecodeError} */
function texts(row: Row, column: Column): string[] {
  let value: unknown
  try {
    value = JSON.parse(text(row, column))
  } catch {
    throw malformed(column)
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw malformed(column)
  return value
}

/** Names the column; its content is session data. */
function malformed(column: Column): SessionDecodeError {
  return new SessionDecodeError(`A stored row is no session record: its ${column} is malformed`)
}
