// Valid records and changes, for the cases of the contract and for those of a store's author. Keys,
// handles and ids in them are random, so that cases can share a store.

import { recordFormat, rememberedCommits } from '../contract/record.ts'
import type { RecordChange, SessionRecord } from '../contract/store.ts'
import { hashOwner } from '../id/hash.ts'

export { expectationOf } from '../contract/record.ts'

/**
 * A valid anonymous record with a random key, hash and handle, created at `now`. It expires after a
 * minute without use and after an hour in any case. `overrides` replaces properties; with a `userId` it
 * gets the `owner` that {@link sampleOwner} returns.
 *
 * @example
 * ```ts
 * await store.create(sampleRecord(Date.now(), { userId: 'u_1' }), Date.now())
 * ```
 */
export function sampleRecord(now: number, overrides: Partial<SessionRecord> = {}): SessionRecord {
  return {
    key: randomHex(32),
    verifierHash: randomHex(32),
    handle: randomHex(12),
    format: recordFormat,
    version: 1,
    commitIds: [randomHex(8)],
    data: '{"cart":[]}',
    createdAt: now,
    lastSeenAt: now,
    idleTimeout: 60_000,
    idleExpiresAt: now + 60_000,
    endsAt: now + 3_600_000,
    ...ownerOf(overrides),
    ...overrides,
  }
}

/**
 * The `owner` of sample records with this user id.
 *
 * @example
 * ```ts
 * await store.countByUser(sampleOwner('u_1'), now)
 * ```
 */
export function sampleOwner(userId: string): string {
  return hashOwner('session_id', userId)
}

/** The owner that follows from a user id, unless the overrides say one. */
function ownerOf(overrides: Partial<SessionRecord>): Pick<SessionRecord, 'owner'> {
  if (!Object.hasOwn(overrides, 'userId')) return {}
  return { owner: overrides.userId === undefined ? undefined : sampleOwner(overrides.userId) }
}

/**
 * The next commit on a record: the next version, a new commit id first, and everything else unchanged
 * except for `overrides`. A property overridden with `undefined` is left out.
 *
 * @example
 * ```ts
 * await store.commit(record.key, expectationOf(record), sampleChange(record, { data: '{}' }), now)
 * ```
 */
export function sampleChange(record: SessionRecord, overrides: Partial<RecordChange> = {}): RecordChange {
  const {
    key: _key,
    handle: _handle,
    format: _format,
    createdAt: _createdAt,
    idleExpiresAt: _end,
    ...rest
  } = record
  const commitIds = [randomHex(8), ...record.commitIds].slice(0, rememberedCommits)
  const change = { ...rest, version: record.version + 1, commitIds, ...ownerOf(overrides), ...overrides }
  return Object.fromEntries(
    Object.entries(change).filter(([, value]) => value !== undefined),
  ) as unknown as RecordChange
}

/** Random lower-case hex, two characters for each byte. */
export function randomHex(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes))
  return Array.from(values, (value) => value.toString(16).padStart(2, '0')).join('')
}
