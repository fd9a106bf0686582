// A record as text, for databases that store nothing else. Written by JSON.stringify, but validated
// when read: anybody who can write to the database could otherwise pass the library anything.

import { SessionDecodeError } from '../../errors.ts'
import { sealRecord } from '../../record.ts'
import type { SessionRecord } from '../../store.ts'

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
/** A Date reaches to 8.64e15 milliseconds after 1970 (ECMA-262, time values). */
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
 * Reads what {@link encodeRecord} wrote. Anything else is refused, never repaired. Error messages do
 * not quote the text, because it is session data.
 *
 * @throws {@link SessionDecodeError} when `text` is not a record of format 1, or has another key.
 */
export function decodeRecord(text: unknown, key: string): SessionRecord {
  const record = parseObject(text)
  const wrong =
    Object.keys(required).find((name) => !Object.hasOwn(record, name)) ??
    Object.keys(record).find((name) => !checks.get(name)?.(record[name]))
  if (wrong !== undefined) {
    const named = checks.has(wrong) ? `its ${wrong} is missing or malformed` : 'it has an unknown property'
    throw new SessionDecodeError(`the stored text is not a session record: ${named}`)
  }
  if (record['key'] !== key) throw new SessionDecodeError('the stored text is the record of another session')
  return sealRecord(record as unknown as SessionRecord)
}

/**
 * A JSON object without duplicate names: different parsers read those differently (RFC 8259, section 4).
 *
 * @throws {@link SessionDecodeError} for anything else.
 */
function parseObject(text: unknown): Record<string, unknown> {
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
  return value as Record<string, unknown>
}

/**
 * How many names the text contains. JSON.parse silently keeps the last of two equal names, so more names
 * than properties means a duplicate. A record contains no nested objects, so every name is its own.
 */
function countNames(text: string): number {
  const strings = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?/g) ?? []
  return strings.filter((each) => each.endsWith(':')).length
}
