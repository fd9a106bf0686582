// A record as one value of Redis, in four parts:
//
//   2 <version> <newest commit id> <lastSeenAt> <idleExpiresAt> <endsAt> <owner>
//   {"handle":…,"format":…,"createdAt":…}     what never changes
//   {"verifierHash":…,"commitIds":…, …}       what a commit replaces
//   <data>                                    as it is, of any length
//
// The scripts read the first line and carry the others over as text, because Lua's JSON loses digits and is slow.
// The two instants that a touch moves have a fixed width, so that it overwrites the line in its place.

import type { ListedRecord } from '../../contract/capabilities.ts'
import { SessionDecodeError } from '../../contract/errors.ts'
import { findMalformedProperty, isText, sealRecord } from '../../contract/record.ts'
import type { RecordChange, SessionRecord } from '../../contract/store.ts'

const originNames: readonly (keyof SessionRecord)[] = ['handle', 'format', 'createdAt']
const stateNames: readonly (keyof RecordChange)[] = [
  'verifierHash',
  'previousVerifierHash',
  'graceUntil',
  'commitIds',
  'authenticatedAt',
  'rotatedAt',
  'idleTimeout',
  'lifetimes',
  'userId',
  'details',
]

/** Version, newest commit id, both moving instants, the absolute end and the owner. */
const head = /^2 (\d+) (\S*) (\d{16}) (\d{16}) (\d+) (\S*)$/
const instantWidth = 16

/** What a list does not show. */
const unlisted: ReadonlySet<string> = new Set<Exclude<keyof SessionRecord, keyof ListedRecord>>([
  'data',
  'verifierHash',
  'previousVerifierHash',
  'graceUntil',
  'commitIds',
])

/** A first line with an owner: see `ownerOf` in redis-lua-parts.ts. Any other text is the user's whose set has it. */
const headOfOwner = /^2 \d+ \S* \d+ \d+ \d+ (\S+)\n/

/** A record as text. */
export function encodeRecord(record: SessionRecord): string {
  return `${encodeLines(record)}${record.data}`
}

/** The newest of some commit ids, or an owner, as it stands in the first line. Nothing for none. */
export function encodeWord(word: string | undefined): string {
  return encodeURIComponent(word ?? '')
}

/** The line that a commit replaces. */
export function encodeState(change: RecordChange): string {
  return stringifyOwn(change, stateNames)
}

/** The owner of a record or a change: its own, not that of a polluted prototype. */
export function readOwner(source: SessionRecord | RecordChange): string | undefined {
  return Object.hasOwn(source, 'owner') ? source.owner : undefined
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
  const [, version, , lastSeenAt, idleExpiresAt, endsAt, owner] = head.exec(first) ?? []
  if (version === undefined || data === undefined) throw createMalformedError('its first line')
  const record = {
    // A polluted prototype must not lend it a user either.
    __proto__: null,
    ...(parseLine(origin) as Pick<SessionRecord, 'handle' | 'format' | 'createdAt'>),
    ...(parseLine(state) as RecordChange),
    ...(owner ? { owner: decodeWord(owner) } : {}),
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

/** What a list needs to know of a session, and the member of its set knows. */
interface ListedAs {
  readonly key: string
  readonly handle: string
  readonly owner: string
  /** The score of the member: its place in the list. */
  readonly endsAt: number
}

/**
 * Reads the first three lines of a record for the list of a user; `undefined` when it belongs to another. What
 * cannot be read must neither hide the others nor be impossible to revoke, so it gets a format that nobody accepts.
 */
export function decodeListed(
  lines: unknown,
  { key, handle, owner, endsAt }: ListedAs,
): ListedRecord | undefined {
  try {
    const record = decodeRecord(lines, key)
    return record.owner === owner ? pickListed(record) : undefined
  } catch {
    const [, word] = headOfOwner.exec(String(lines)) ?? []
    if (word !== undefined && word !== encodeWord(owner)) return undefined
    return { key, handle, owner, endsAt, format: 0 } as ListedRecord
  }
}

/** What a list shows of a record. */
function pickListed(record: SessionRecord): ListedRecord {
  const shown = Object.entries(record).filter(([name]) => !unlisted.has(name))
  return Object.fromEntries(shown) as unknown as ListedRecord
}

/** The first three lines, each with its end. */
function encodeLines(record: SessionRecord): string {
  const moving = [record.lastSeenAt, record.idleExpiresAt].map((instant) =>
    String(instant).padStart(instantWidth, '0'),
  )
  const [commitId, owner] = [record.commitIds[0], readOwner(record)].map(encodeWord)
  const first = [2, record.version, commitId, ...moving, record.endsAt, owner].join(' ')
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

/** The text of a word in the first line. */
function decodeWord(word: string): string {
  try {
    return decodeURIComponent(word)
  } catch {
    throw createMalformedError('its owner')
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
