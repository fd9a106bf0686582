// Whether the manager can work with a record that a store returned. Checked once per read, so that
// everything after it can rely on the types.

import { SessionDecodeError } from '../errors.ts'
import { findMalformedProperty } from '../record.ts'
import type { SessionRecord } from '../store.ts'

/** Within it is whatever was saved: JSON spells some characters of a name sixfold. */
const largestSpelling = 8

/**
 * What is wrong with a record that a store handed out; `undefined` when it can be worked with. One of
 * a later format is refused and not guessed at, and one that is far too large is not parsed: it
 * would hold up everybody.
 */
export function findDamage(record: SessionRecord, maxSize: number): SessionDecodeError | undefined {
  if (record.format !== 1) return new SessionDecodeError('the stored record is of a later format, or damaged')
  const malformed = findMalformedProperty(record)
  if (malformed)
    return new SessionDecodeError(`the stored record is damaged: ${malformed} is missing or malformed`)
  if (record.data.length <= largestSpelling * maxSize) return undefined
  return new SessionDecodeError('the stored record is far larger than maxSize')
}
