// How many bytes fit into the columns. Outside its strict mode MySQL cuts a longer value without a word, so
// the store checks before it writes.

import { Buffer } from 'node:buffer'
import { SessionTooLargeError } from '../../errors.ts'
import type { SessionRecord } from '../../store.ts'

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
 * By property: what its column holds. One unit of a string's length takes at most three bytes. A login's turn is a
 * key of five bytes and an owner.
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

const properties = Object.keys(columnSizes) as (keyof typeof columnSizes)[]

/**
 * Checks that all text of a record, or of a change, fits into its columns.
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
