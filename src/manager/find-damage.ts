// What a store hands out is not trusted: a migration, a bug or somebody with access to the database
// may have been there. Checked once per read, so that everything after it can rely on the types.

import { SessionDecodeError } from '../errors.ts'
import type { SessionRecord } from '../store.ts'

/** ECMAScript's last instant, in milliseconds since 1970: no `Date` comes after it. */
const lastInstant = 8.64e15

/** Within it is whatever was saved: JSON spells some characters of a name sixfold. */
const largestSpelling = 8

/**
 * What is wrong with a record that a store handed out; `undefined` when it can be worked with. One of
 * a later format is refused and not guessed at, and one that is far too large is not parsed: it
 * would hold up everybody.
 */
export function findDamage(record: SessionRecord, maxSize: number): SessionDecodeError | undefined {
  if (record.format !== 1) return new SessionDecodeError('the stored record is of a later format, or damaged')
  if (!isWhole(record)) return new SessionDecodeError('the stored record is damaged')
  if (record.data.length <= largestSpelling * maxSize) return undefined
  return new SessionDecodeError('the stored record is far larger than maxSize')
}

/**
 * Whether each property is what format 1 says. Hashes are not looked at here: their comparison refuses
 * whatever is none.
 */
function isWhole(record: SessionRecord): boolean {
  const { data, commitIds, userId, details, graceUntil = 0, authenticatedAt = 0 } = record
  const hasTimes =
    isCount(record.createdAt) &&
    isCount(record.lastSeenAt) &&
    isCount(record.idleTimeout) &&
    isCount(record.idleExpiresAt) &&
    isCount(record.endsAt) &&
    isCount(graceUntil) &&
    isCount(authenticatedAt) &&
    record.createdAt <= record.endsAt
  const hasCommits = isCount(record.version) && Array.isArray(commitIds) && typeof commitIds[0] === 'string'
  const hasNames = typeof record.handle === 'string' && isTextOrAbsent(userId) && isTextOrAbsent(details)
  return hasTimes && hasCommits && hasNames && userId !== '' && typeof data === 'string'
}

/** Whole milliseconds or a version: no NaN, nothing negative, nothing that `Date` cannot hold. */
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= lastInstant
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
