// A record as one value of Redis, in four parts:
//
//   1 <version> <newest commit id> <lastSeenAt> <idleExpiresAt> <endsAt>
//   {"handle":…,"format":…,"createdAt":…}     what never changes
//   {"verifierHash":…,"commitIds":…, …}       what a commit replaces
//   <data>                                    as it is, of any length
//
// The scripts read the first line and carry the others over as text, because Lua's JSON loses digits. The
// two instants that a touch moves have a fixed width, so that it overwrites the line in its place.

import { SessionDecodeError } from '../../errors.ts'
import { findMalformedProperty, isText, sealRecord } from '../../record.ts'
import type { RecordChange, SessionRecord } from '../../store.ts'

const originNames: readonly (keyof SessionRecord)[] = ['handle', 'format', 'createdAt']
const stateNames: readonly (keyof RecordChange)[] = [
  'verifierHash',
  'previousVerifierHash',
  'graceUntil',
  'commitIds',
  'authenticatedAt',
  'idleTimeout',
  'userId',
  'details',
]

/** Version, newest commit id, both moving instants and the absolute end. */
const head = /^1 (\d+) (\S*) (\d{16}) (\d{16}) (\d+)$/
const instantWidth = 16

/** A record as text. */
export function encodeRecord(record: SessionRecord): string {
  return `${encodeLines(record)}${record.data}`
}

/** The newest of some commit ids, as it stands in the first line. */
export function encodeCommitId(commitId: string | undefined): string {
  return encodeURIComponent(commitId ?? '')
}

/** The line that a commit replaces. */
export function encodeState(change: RecordChange): string {
  return stringifyOwn(change, stateNames)
}

/**
 * Reads the text of a record. Only what {@link encodeRecord} and the scripts write is accepted, to the
 * letter: nothing missing, nothing twice, nothing besides.
 *
 * @throws {@link SessionDecodeError} without quoting the text, which is session data.
 */
export function decodeRecord(text: unknown, key: string): SessionRecord {
  if (typeof text !== 'string') throw new SessionDecodeError('the stored value is not a session record')
  const [first = '', origin = '', state = '', data] = splitText(text)
  const [, version, , lastSeenAt, idleExpiresAt, endsAt] = head.exec(first) ?? []
  if (version === undefined || data === undefined) throw createMalformedError('its first line')
  const record = {
    ...(parseLine(origin) as Pick<SessionRecord, 'handle' | 'format' | 'createdAt'>),
    ...(parseLine(state) as RecordChange),
    key,
    version: Number(version),
    lastSeenAt: Number(lastSeenAt),
    idleExpiresAt: Number(idleExpiresAt),
    endsAt: Number(endsAt),
    data,
  }
  const malformed = findFault(record)
  if (malformed) throw createMalformedError(`its ${malformed}`)
  if (!text.startsWith(encodeLines(record))) throw createMalformedError('the order of its parts')
  return sealRecord(record)
}

/**
 * Reads a record for the list of a user; `undefined` when it belongs to another. What cannot be read must
 * neither hide the others nor be impossible to revoke, so it gets a format that nobody accepts.
 */
export function decodeListed(text: unknown, key: string, userId: string): SessionRecord | undefined {
  try {
    const record = decodeRecord(text, key)
    return record.userId === userId ? record : undefined
  } catch {
    const [, origin = '', state = ''] = splitText(String(text))
    const { handle, createdAt } = parseLeniently(origin)
    const { userId: owner = userId } = parseLeniently(state)
    if (owner !== userId) return undefined
    return {
      key,
      userId,
      handle: isText(handle) ? handle : '',
      createdAt: Number(createdAt) || 0,
      format: 0,
    } as SessionRecord
  }
}

/** The first three lines, each with its end. */
function encodeLines(record: SessionRecord): string {
  const moving = [record.lastSeenAt, record.idleExpiresAt].map((instant) =>
    String(instant).padStart(instantWidth, '0'),
  )
  const first = [1, record.version, encodeCommitId(record.commitIds[0]), ...moving, record.endsAt].join(' ')
  return `${first}\n${stringifyOwn(record, originNames)}\n${encodeState(record)}\n`
}

/** Only own properties: a polluted prototype must not give a user to whoever has none. */
function stringifyOwn(source: object, names: readonly string[]): string {
  return JSON.stringify({ __proto__: null, ...source }, [...names])
}

/** The three lines and the data. */
function splitText(text: string): string[] {
  const parts: string[] = []
  let start = 0
  while (parts.length < 3) {
    const end = text.indexOf('\n', start)
    if (end === -1) return parts
    parts.push(text.slice(start, end))
    start = end + 1
  }
  return [...parts, text.slice(start)]
}

/** Its properties; none for anything but an object. */
function parseLine(line: string): object {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    throw createMalformedError('a line')
  }
}

/** The same, without an error. */
function parseLeniently(line: string): Partial<SessionRecord> {
  try {
    return parseLine(line)
  } catch {
    return {}
  }
}

/** The rules for records of any store, and those that the manager checks elsewhere or not in full. */
function findFault(record: SessionRecord): keyof SessionRecord | undefined {
  if (!Number.isSafeInteger(record.format)) return 'format'
  if (!isText(record.verifierHash)) return 'verifierHash'
  if (!Array.isArray(record.commitIds) || !record.commitIds.every(isText)) return 'commitIds'
  if (record.previousVerifierHash !== undefined && !isText(record.previousVerifierHash))
    return 'previousVerifierHash'
  return findMalformedProperty(record)
}

/** Names only the part, because its content is session data. */
function createMalformedError(part: string): SessionDecodeError {
  return new SessionDecodeError(`the stored text is not a session record: ${part} is malformed`)
}
