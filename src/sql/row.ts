// Converts between records and rows. An absent property is NULL. Each column of a row is checked:
// SQLite stores a value of any type in a column of any type, and other programs can write to a database.

import type { ListedRecord } from '../contract/capabilities.ts'
import { SessionDecodeError } from '../contract/errors.ts'
import { ownRecord, sealRecord } from '../contract/record.ts'
import type { ExpectedVersion, RecordChange, SessionRecord } from '../contract/store.ts'
import type { columns } from './columns.ts'

/** A value that every driver binds and returns alike. */
export type SqlValue = string | number | null

type Column = (typeof columns)[number]
type Row = Record<Column, unknown>

/** The values of a new row, in the order of `columns`. */
export function toRow(given: SessionRecord): SqlValue[] {
  const record = ownRecord(given)
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
    record.rotatedAt ?? null,
    record.lastSeenAt,
    record.idleTimeout,
    record.lifetimes ?? null,
    record.idleExpiresAt,
    record.endsAt,
    record.userId ?? null,
    record.owner ?? null,
    record.details ?? null,
  ]
}

/**
 * The values of a commit: the columns that it sets, then what it expects of the row. A `?` stands in one place, so
 * a value that the statement uses twice is bound twice. The newest commit id is given as the beginning of the JSON
 * array that must be in the column, so that a row which another program has damaged is one that was not expected,
 * and no error.
 */
export function toCommit(
  key: string,
  expected: ExpectedVersion,
  given: RecordChange,
  now: number,
): SqlValue[] {
  const change = ownRecord(given)
  return [
    change.verifierHash,
    change.previousVerifierHash ?? null,
    change.graceUntil ?? null,
    change.version,
    JSON.stringify(change.commitIds),
    change.data,
    change.authenticatedAt ?? null,
    change.rotatedAt ?? null,
    change.lastSeenAt,
    change.idleTimeout,
    change.lifetimes ?? null,
    change.lastSeenAt,
    change.idleTimeout,
    change.endsAt,
    change.endsAt,
    change.userId ?? null,
    change.owner ?? null,
    change.details ?? null,
    key,
    expected.version,
    JSON.stringify([expected.commitId]).slice(0, -1),
    now,
  ]
}

/**
 * Reads a row.
 *
 * @throws {@link SessionDecodeError} naming the column but not its content, when another program wrote
 * a value that a record cannot hold.
 */
export function toRecord(value: unknown): SessionRecord {
  const row = value as Row
  return sealRecord({
    key: readText(row, 'key'),
    verifierHash: readText(row, 'verifier_hash'),
    previousVerifierHash:
      row.previous_verifier_hash === null ? undefined : readText(row, 'previous_verifier_hash'),
    graceUntil: row.grace_until === null ? undefined : readNumber(row, 'grace_until'),
    handle: readText(row, 'handle'),
    format: readNumber(row, 'format'),
    version: readNumber(row, 'version'),
    commitIds: readTexts(row, 'commit_ids'),
    data: readText(row, 'data'),
    createdAt: readNumber(row, 'created_at'),
    authenticatedAt: row.authenticated_at === null ? undefined : readNumber(row, 'authenticated_at'),
    rotatedAt: row.rotated_at === null ? undefined : readNumber(row, 'rotated_at'),
    lastSeenAt: readNumber(row, 'last_seen_at'),
    idleTimeout: readNumber(row, 'idle_timeout'),
    lifetimes: row.lifetimes === null ? undefined : readLifetimes(row),
    idleExpiresAt: readNumber(row, 'idle_expires_at'),
    endsAt: readNumber(row, 'ends_at'),
    userId: row.user_id === null ? undefined : readText(row, 'user_id'),
    owner: row.owner === null ? undefined : readText(row, 'owner'),
    details: row.details === null ? undefined : readText(row, 'details'),
  })
}

/**
 * Reads a row of a list: the columns of {@link listedColumns}. A damaged row must neither hide the others nor
 * be impossible to revoke, so it is returned with a format that nobody accepts.
 *
 * The columns are written out here as in {@link toRecord}: sharing them made each read of a row a third slower.
 */
export function toListedRecord(value: unknown): ListedRecord {
  const row = value as Row
  try {
    return {
      key: readText(row, 'key'),
      handle: readText(row, 'handle'),
      format: readNumber(row, 'format'),
      version: readNumber(row, 'version'),
      createdAt: readNumber(row, 'created_at'),
      authenticatedAt: row.authenticated_at === null ? undefined : readNumber(row, 'authenticated_at'),
      rotatedAt: row.rotated_at === null ? undefined : readNumber(row, 'rotated_at'),
      lastSeenAt: readNumber(row, 'last_seen_at'),
      idleTimeout: readNumber(row, 'idle_timeout'),
      lifetimes: row.lifetimes === null ? undefined : readLifetimes(row),
      idleExpiresAt: readNumber(row, 'idle_expires_at'),
      endsAt: readNumber(row, 'ends_at'),
      userId: row.user_id === null ? undefined : readText(row, 'user_id'),
      owner: row.owner === null ? undefined : readText(row, 'owner'),
      details: row.details === null ? undefined : readText(row, 'details'),
    }
  } catch {
    const { key, handle, owner, ends_at: endsAt } = row
    return {
      key,
      handle: typeof handle === 'string' ? handle : '',
      owner,
      endsAt: Number(endsAt) || 0,
      format: 0,
    } as ListedRecord
  }
}

/**
 * The lifetimes of a row.
 *
 * @throws {@link SessionDecodeError} for any other word.
 */
function readLifetimes(row: Row): 'own' {
  if (row.lifetimes !== 'own') throw createColumnError('lifetimes')
  return 'own'
}

/**
 * The value of a text column.
 *
 * @throws {@link SessionDecodeError} when it is not text.
 */
function readText(row: Row, column: Column): string {
  const value = row[column]
  if (typeof value !== 'string') throw createColumnError(column)
  return value
}

/**
 * The value of a numeric column. Drivers return 64 bits as a number, as a bigint or as digits.
 *
 * @throws {@link SessionDecodeError} when it is not a number.
 */
function readNumber(row: Row, column: Column): number {
  const value = row[column]
  const isDigits = typeof value === 'string' && /^-?\d{1,16}$/.test(value)
  if (typeof value !== 'number' && typeof value !== 'bigint' && !isDigits) throw createColumnError(column)
  return Number(value)
}

/**
 * The value of a column that holds a JSON array of strings.
 *
 * @throws {@link SessionDecodeError} when it is anything else.
 */
function readTexts(row: Row, column: Column): string[] {
  let value: unknown
  try {
    value = JSON.parse(readText(row, column))
  } catch {
    throw createColumnError(column)
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw createColumnError(column)
  return value
}

/** Names only the column, because its content is session data. */
function createColumnError(column: Column): SessionDecodeError {
  return new SessionDecodeError(`a stored row is not a session record: its ${column} is malformed`)
}
