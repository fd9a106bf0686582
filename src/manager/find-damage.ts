// A record from the store is not trusted: a migration, a bug or a person with access to the database
// may have changed it. It is checked once per read, so that all later code can rely on the types.

import { SessionDecodeError } from '../errors.ts'
import { findMalformedProperty, ownRecord, recordFormat } from '../record.ts'
import type { SessionRecord } from '../store.ts'

/**
 * By how much the stored data may exceed `maxSize`: JSON can escape one character into six, and
 * `maxSize` may have been lowered since.
 */
const maxSizeFactor = 8

/**
 * What is wrong with a record that a store returned; `undefined` when it can be used. A record of
 * another format is refused rather than guessed at, and one that is far too large is not parsed, because
 * that would block the process.
 */
export function findDamage(received: SessionRecord, maxSize: number): SessionDecodeError | undefined {
  const record = ownRecord(received)
  if (record.format !== recordFormat)
    return new SessionDecodeError('the stored record is of another format, or damaged')
  const malformed = findMalformedProperty(record)
  if (malformed)
    return new SessionDecodeError(`the stored record is damaged: ${malformed} is missing or malformed`)
  if (record.data.length <= maxSizeFactor * maxSize) return undefined
  return new SessionDecodeError('the stored record is far larger than maxSize')
}
