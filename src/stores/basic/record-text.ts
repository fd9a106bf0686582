// A record as text, for databases that keep nothing else. Written by JSON.stringify; read with
// suspicion, because whoever can write to the database could otherwise hand the library anything.

import { SessionDecodeError } from '../../errors.ts'
import { sealRecord } from '../../record.ts'
import type { SessionRecord } from '../../store.ts'

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
/** ECMAScript's last instant is 8.64e15 milliseconds after 1970. */
const isInstant: Check = (value) => typeof value === 'number' && value >= 0 && value <= 8.64e15
const isVersion: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1
const isFormat: Check = (value) => value === 1
const areCommitIds: Check = (value) => Array.isArray(value) && value.length >= 1 && value.every(isText)

const required: Record<string, Check> = {
  key: isText,
  verifierHash: isText,
  handle: isText,
  format: isFormat,
  version: isVersion,
  commitIds: areCommitIds,
  data: isText,
  createdAt: isInstant,
  lastSeenAt: isInstant,
  idleTimeout: isInstant,
  idleExpiresAt: isInstant,
  endsAt: isInstant,
}
const optional: Record<string, Check> = {
  previousVerifierHash: isText,
  graceUntil: isInstant,
  authenticatedAt: isInstant,
  userId: isText,
  details: isText,
}
const checks = new Map(Object.entries({ ...required, ...optional }))

/** A record as JSON text. */
export function encodeRecord(record: SessionRecord): string {
  return JSON.stringify(record)
}

/**
 * Reads what {@link encodeRecord} wrote. Anything else is refused, never repaired, and never quoted:
 * it is session data.
 *
 * @throws {@link SessionDecodeError} when `text` is no record of format 1, or the record of another key.
 */
export function decodeRecord(text: unknown, key: string): SessionRecord {
  const record = parseObject(text)
  const wrong =
    Object.keys(required).find((name) => !Object.hasOwn(record, name)) ??
    Object.keys(record).find((name) => !checks.get(name)?.(record[name]))
  if (wrong !== undefined) {
    const named = checks.has(wrong)
      ? `its ${wrong} is missing or malformed`
      : 'it has a property of no known format'
    throw new SessionDecodeError(`The stored text is no session record: ${named}`)
  }
  if (record['key'] !== key) throw new SessionDecodeError('The stored text is the record of another session')
  return sealRecord(record as unknown as SessionRecord)
}

/** A JSON object with no property twice: two of one name are read differently by different parsers. */
function parseObject(text: unknown): Record<string, unknown> {
  if (typeof text !== 'string') {
    throw new SessionDecodeError(
      `The stored value is no session record: expected text, received ${typeof text}`,
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new SessionDecodeError('The stored text is no session record: it is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SessionDecodeError('The stored text is no session record: it is not a JSON object')
  }
  if (countNames(text) !== Object.keys(value).length) {
    throw new SessionDecodeError('The stored text is no session record: a property comes twice')
  }
  return value as Record<string, unknown>
}

/** The parser takes the last of two equal names in silence. A record has no objects inside: its names are all there are. */
function countNames(text: string): number {
  const strings = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?/g) ?? []
  return strings.filter((each) => each.endsWith(':')).length
}
