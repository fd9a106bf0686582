// What a commit binds. `?` is positional, so that a value which the statement uses twice is bound twice.

import { ownRecord } from '../record.ts'
import type { ExpectedVersion, RecordChange } from '../store.ts'
import type { SqlValue } from './row.ts'

/** The parameters of a commit, in the order of its statement: what it sets, then what it expects. */
export function toCommit(
  key: string,
  expected: ExpectedVersion,
  given: RecordChange,
  now: number,
): SqlValue[] {
  const change = ownRecord(given)
  return [
    change.verifierHash,
    change.previousVerifierHash ?? null,
    change.graceUntil ?? null,
    change.version,
    JSON.stringify(change.commitIds),
    change.data,
    change.authenticatedAt ?? null,
    change.rotatedAt ?? null,
    change.lastSeenAt,
    change.idleTimeout,
    change.lifetimes ?? null,
    change.lastSeenAt,
    change.idleTimeout,
    change.endsAt,
    change.endsAt,
    change.userId ?? null,
    change.owner ?? null,
    change.details ?? null,
    key,
    expected.version,
    expected.commitId,
    now,
  ]
}
