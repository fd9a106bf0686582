// The rules of src/contract/store.ts as pure functions, for stores that apply them in JavaScript. Databases
// implement the same rules in SQL or in a script; the conformance cases keep the two in step.

import { ownProperty } from '../own-property.ts'
import type { ExpectedVersion, RecordChange, SessionRecord } from './store.ts'

/** How many commit ids a record keeps. Whether an even older commit was applied cannot be told. */
export const rememberedCommits = 16

/** The version of a record's layout. A row of another is refused, not guessed at. */
export const recordFormat = 2

/** How many sessions one login ends at most, so that its step stays short whatever a user has piled up. */
export const mostEvictions = 100

/**
 * How long, in milliseconds, the answer to a request that replaced a token may take to reach the browser. Until
 * then a request with the old token is assumed to have been sent before that answer arrived.
 */
export const answerTime = 60_000

/** How long a row outlives its session, because clocks differ. In milliseconds. */
export const skewMargin = 60_000

/** The last instant that a `Date` can represent, in milliseconds since 1970 (ECMA-262, section 21.4.1.1). */
const lastInstant = 8.64e15

/** All properties of a record. */
const propertyNames: readonly (keyof SessionRecord)[] = [
  'key',
  'verifierHash',
  'previousVerifierHash',
  'graceUntil',
  'handle',
  'format',
  'version',
  'commitIds',
  'data',
  'createdAt',
  'authenticatedAt',
  'rotatedAt',
  'lastSeenAt',
  'idleTimeout',
  'lifetimes',
  'idleExpiresAt',
  'endsAt',
  'userId',
  'owner',
  'details',
]

/** Has only what a polluted prototype lends to every object. */
const nothing: Partial<SessionRecord> = {}

/** A record under construction. */
type MutableRecord = { -readonly [Name in keyof SessionRecord]: SessionRecord[Name] }

/** When the session ends unless it is used again: the earlier of its idle and its absolute end. */
export function expiryOf(record: Pick<SessionRecord, 'idleExpiresAt' | 'endsAt'>): number {
  return Math.min(record.idleExpiresAt, record.endsAt)
}

/** Whether the session has ended. Its last millisecond is the one before `expiryOf(record)`. */
export function hasExpired(record: Pick<SessionRecord, 'idleExpiresAt' | 'endsAt'>, now: number): boolean {
  return now >= expiryOf(record)
}

/** The idle end that follows from the last use. It is never later than the absolute end. */
export function idleEndOf(lastSeenAt: number, life: Pick<SessionRecord, 'idleTimeout' | 'endsAt'>): number {
  return Math.min(lastSeenAt + life.idleTimeout, life.endsAt)
}

/**
 * What a commit that builds on this record must expect to find.
 *
 * @example
 * ```ts
 * expectationOf(sampleRecord(now, { version: 3 })).version // 3
 * ```
 */
export function expectationOf(record: SessionRecord): ExpectedVersion {
  return { version: record.version, commitId: record.commitIds[0] ?? '' }
}

/** Whether the record is still the one a commit expects: same version, same newest commit id. */
export function isExpected(record: SessionRecord, expected: ExpectedVersion): boolean {
  return record.version === expected.version && record.commitIds[0] === expected.commitId
}

/**
 * A frozen copy with exactly the properties of a record, without the optional ones that are
 * undefined. Its values are strings, numbers and one frozen array, so the copy is immutable.
 */
export function sealRecord(record: SessionRecord): SessionRecord {
  const copy: MutableRecord = {
    key: record.key,
    verifierHash: record.verifierHash,
    handle: record.handle,
    format: record.format,
    version: record.version,
    commitIds: Object.isFrozen(record.commitIds) ? record.commitIds : Object.freeze([...record.commitIds]),
    data: record.data,
    createdAt: record.createdAt,
    lastSeenAt: record.lastSeenAt,
    idleTimeout: record.idleTimeout,
    idleExpiresAt: record.idleExpiresAt,
    endsAt: record.endsAt,
  }
  // Own properties only: a polluted prototype must not give a user to whoever has none.
  if (hasOwn(record, 'previousVerifierHash')) copy.previousVerifierHash = record.previousVerifierHash
  if (hasOwn(record, 'graceUntil')) copy.graceUntil = record.graceUntil
  if (hasOwn(record, 'authenticatedAt')) copy.authenticatedAt = record.authenticatedAt
  if (hasOwn(record, 'rotatedAt')) copy.rotatedAt = record.rotatedAt
  if (hasOwn(record, 'lifetimes')) copy.lifetimes = record.lifetimes
  if (hasOwn(record, 'userId')) copy.userId = record.userId
  if (hasOwn(record, 'owner')) copy.owner = record.owner
  if (hasOwn(record, 'details')) copy.details = record.details
  return Object.freeze(copy)
}

/** What a list shows of a record. */
export function listedOf(
  record: SessionRecord,
): Omit<SessionRecord, 'data' | 'verifierHash' | 'previousVerifierHash' | 'graceUntil' | 'commitIds'> {
  const {
    data: _data,
    verifierHash: _verifierHash,
    previousVerifierHash: _previousVerifierHash,
    graceUntil: _graceUntil,
    commitIds: _commitIds,
    ...listed
  } = record
  return listed
}

/**
 * The record as it is; where a polluted prototype lends something to records, a copy with the properties that
 * this one has itself or from its class, and without a prototype.
 */
export function ownRecord<Source extends Partial<SessionRecord>>(record: Source): Source {
  return isLending() ? copyOwn(record) : record
}

/** Named one by one, because V8 then remembers that nobody has them: this runs on every read. */
function isLending(): boolean {
  const { key, verifierHash, previousVerifierHash, graceUntil, handle, format, version, commitIds } = nothing
  const { data, createdAt, authenticatedAt, lastSeenAt, idleTimeout, idleExpiresAt, endsAt } = nothing
  const first = key ?? verifierHash ?? previousVerifierHash ?? graceUntil ?? handle ?? format ?? version
  const second = commitIds ?? data ?? createdAt ?? authenticatedAt ?? lastSeenAt ?? idleTimeout
  const { rotatedAt, lifetimes, userId, owner, details } = nothing
  const third = idleExpiresAt ?? endsAt ?? userId ?? details ?? rotatedAt ?? lifetimes ?? owner
  return (first ?? second ?? third) !== undefined
}

function copyOwn<Source extends Partial<SessionRecord>>(record: Source): Source {
  const own = Object.create(null) as Source
  for (const name of propertyNames as readonly (keyof Source)[]) {
    const value = ownProperty(record, name)
    if (value !== undefined) own[name] = value
  }
  return own
}

/** Whether the record itself, and not its prototype, has a property that is not undefined. */
function hasOwn(record: SessionRecord, name: keyof SessionRecord): boolean {
  return Object.hasOwn(record, name) && record[name] !== undefined
}

/**
 * The record after a commit. `lastSeenAt` is the later of the stored and the given one, and
 * `idleExpiresAt` follows from it. Key, handle, format and creation time never change.
 */
export function changeRecord(record: SessionRecord, change: RecordChange): SessionRecord {
  const lastSeenAt = Math.max(record.lastSeenAt, change.lastSeenAt)
  return sealRecord({
    ...change,
    key: record.key,
    handle: record.handle,
    format: record.format,
    createdAt: record.createdAt,
    lastSeenAt,
    idleExpiresAt: idleEndOf(lastSeenAt, change),
  })
}

/** The record after a touch. Both instants only move forward; if neither does, it is the same object. */
export function touchRecord(record: SessionRecord, lastSeenAt: number, idleExpiresAt: number): SessionRecord {
  const touched = {
    lastSeenAt: Math.max(record.lastSeenAt, lastSeenAt),
    idleExpiresAt: Math.min(Math.max(record.idleExpiresAt, idleExpiresAt), record.endsAt),
  }
  const hasMoved = touched.lastSeenAt !== record.lastSeenAt || touched.idleExpiresAt !== record.idleExpiresAt
  return hasMoved ? sealRecord({ ...record, ...touched }) : record
}

/**
 * The first property that is missing or malformed, by name and never by value: values are session
 * data. The format is not checked, because a later one may define properties differently, nor are
 * the hashes: comparing them in constant time rejects anything that is not one.
 *
 * Comparisons rather than a table of rules: this runs on every read, and a table takes six times as long.
 */
export function findMalformedProperty(received: SessionRecord): keyof SessionRecord | undefined {
  const record = ownRecord(received)
  const { authenticatedAt = 0, rotatedAt = 0, graceUntil = 0, userId = 'absent', details = '' } = record
  if (!isText(record.handle)) return 'handle'
  if (!isCount(record.version) || record.version < 1) return 'version'
  if (!Array.isArray(record.commitIds) || !isText(record.commitIds[0])) return 'commitIds'
  if (!isText(record.data)) return 'data'
  if (!isCount(record.createdAt)) return 'createdAt'
  if (!isCount(record.lastSeenAt)) return 'lastSeenAt'
  if (!isCount(record.idleTimeout)) return 'idleTimeout'
  if (!isCount(record.idleExpiresAt)) return 'idleExpiresAt'
  if (!isCount(record.endsAt) || record.endsAt < record.createdAt) return 'endsAt'
  if (!isCount(authenticatedAt)) return 'authenticatedAt'
  if (!isCount(rotatedAt)) return 'rotatedAt'
  if (!isCount(graceUntil)) return 'graceUntil'
  if (record.lifetimes !== undefined && record.lifetimes !== 'own') return 'lifetimes'
  if (!isText(userId) || userId === '') return 'userId'
  if ((record.owner === undefined) !== (record.userId === undefined)) return 'owner'
  if (record.owner !== undefined && !isText(record.owner)) return 'owner'
  if (!isText(details)) return 'details'
  return undefined
}

/** Whether a value is a string. */
export function isText(value: unknown): boolean {
  return typeof value === 'string'
}

/** A version or whole milliseconds: not NaN, fractional, negative or beyond the range of `Date`. */
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= lastInstant
}
