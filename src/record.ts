// The rules of src/store.ts as pure functions, for stores that run them in JavaScript. Databases
// say the same in SQL or in a script; the conformance cases keep the two in step.

import type { ExpectedVersion, RecordChange, SessionRecord } from './store.ts'

/** A record while it is being made. */
type Draft = { -readonly [Name in keyof SessionRecord]: SessionRecord[Name] }

/** Whether the session has ended: `now >= min(idleExpiresAt, endsAt)`. */
export function hasExpired(record: Pick<SessionRecord, 'idleExpiresAt' | 'endsAt'>, now: number): boolean {
  return now >= record.idleExpiresAt || now >= record.endsAt
}

/** Whether the record is still the one a commit expects: same version, same newest commit id. */
export function isExpected(record: SessionRecord, expected: ExpectedVersion): boolean {
  return record.version === expected.version && record.commitIds[0] === expected.commitId
}

/**
 * A frozen copy with exactly the properties of format 1; optional ones that are undefined are
 * left out. Its values are strings, numbers and one frozen list, so nobody can change it.
 */
export function sealRecord(record: SessionRecord): SessionRecord {
  const copy: Draft = {
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
  if (record.previousVerifierHash !== undefined) copy.previousVerifierHash = record.previousVerifierHash
  if (record.graceUntil !== undefined) copy.graceUntil = record.graceUntil
  if (record.authenticatedAt !== undefined) copy.authenticatedAt = record.authenticatedAt
  if (record.userId !== undefined) copy.userId = record.userId
  if (record.details !== undefined) copy.details = record.details
  return Object.freeze(copy)
}

/**
 * The record after a commit. `lastSeenAt` is the later of both; `idleExpiresAt` follows from it, and
 * never lies past `endsAt`. What a commit cannot change stays: key, handle, format, creation.
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
    idleExpiresAt: Math.min(lastSeenAt + change.idleTimeout, change.endsAt),
  })
}

/** The record after a touch: both instants only move forward. The same object when neither moves. */
export function touchRecord(record: SessionRecord, lastSeenAt: number, idleExpiresAt: number): SessionRecord {
  const touched = {
    lastSeenAt: Math.max(record.lastSeenAt, lastSeenAt),
    idleExpiresAt: Math.min(Math.max(record.idleExpiresAt, idleExpiresAt), record.endsAt),
  }
  const moved = touched.lastSeenAt !== record.lastSeenAt || touched.idleExpiresAt !== record.idleExpiresAt
  return moved ? sealRecord({ ...record, ...touched }) : record
}
