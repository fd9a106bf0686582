// A record as text, for databases that store nothing else. Written by JSON.stringify, but validated
// when read: anybody who can write to the database could otherwise pass the library anything.

import { SessionDecodeError } from '../../contract/errors.ts'
import { findMalformedProperty, isText, recordFormat, sealRecord } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'

/** The properties of format 2, and whether every record has them. */
const isRequired: Readonly<Record<keyof SessionRecord, boolean>> = {
  key: true,
  verifierHash: true,
  previousVerifierHash: false,
  graceUntil: false,
  handle: true,
  format: true,
  version: true,
  commitIds: true,
  data: true,
  createdAt: true,
  authenticatedAt: false,
  rotatedAt: false,
  lastSeenAt: true,
  idleTimeout: true,
  lifetimes: false,
  idleExpiresAt: true,
  endsAt: true,
  userId: false,
  owner: false,
  details: false,
}
const names = Object.keys(isRequired) as readonly (keyof SessionRecord)[]

/** A record as JSON text. */
export function encodeRecord(record: SessionRecord): string {
  return JSON.stringify(record)
}

/**
 * Reads the text that {@link encodeRecord} wrote. Anything else is refused, never repaired, and never
 * quoted, since it is session data.
 *
 * @throws {@link SessionDecodeError} when `text` is not a record of format 2, or is the record of another key.
 */
export function decodeRecord(text: unknown, key: string): SessionRecord {
  const record = parseObject(text)
  const malformed = findFault(record)
  if (malformed) {
    throw new SessionDecodeError(
      `the stored text is not a session record: ${malformed} is missing or malformed`,
    )
  }
  if (Object.keys(record).some((name) => !Object.hasOwn(isRequired, name))) {
    throw new SessionDecodeError('the stored text is not a session record: it has an unknown property')
  }
  if (record.key !== key) throw new SessionDecodeError('the stored text is the record of another session')
  return sealRecord(record)
}

/** The rules for records of any store, and those that the manager checks elsewhere or not in full. */
function findFault(record: SessionRecord): keyof SessionRecord | undefined {
  const missing = names.find((name) => isRequired[name] && !Object.hasOwn(record, name))
  if (missing) return missing
  if (record.format !== recordFormat) return 'format'
  if (!Array.isArray(record.commitIds) || !record.commitIds.every(isText)) return 'commitIds'
  if (!isText(record.verifierHash)) return 'verifierHash'
  const { previousVerifierHash } = record
  if (previousVerifierHash !== undefined && !isText(previousVerifierHash)) return 'previousVerifierHash'
  return findMalformedProperty(record)
}

/** A JSON object without duplicate properties, which different parsers read differently (RFC 8259, section 4). */
function parseObject(text: unknown): SessionRecord {
  if (typeof text !== 'string') {
    throw new SessionDecodeError(
      `the stored value is not a session record: expected text, received ${typeof text}`,
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new SessionDecodeError('the stored text is not a session record: it is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SessionDecodeError('the stored text is not a session record: it is not a JSON object')
  }
  if (countNames(text) !== Object.keys(value).length) {
    throw new SessionDecodeError('the stored text is not a session record: a property occurs twice')
  }
  // Without a prototype: what a fault elsewhere has put on that of all objects is no property of the record.
  return Object.assign(Object.create(null) as SessionRecord, value)
}

/**
 * How many names the text contains. JSON.parse silently keeps the last of two equal names, so more names
 * than properties means a duplicate. A record contains no nested objects, so every name is its own.
 */
function countNames(text: string): number {
  const strings = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?/g) ?? []
  return strings.filter((each) => each.endsWith(':')).length
}
