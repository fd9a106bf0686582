// What a commit binds. Unlike `?`, `$1` can stand in a statement twice, so that each value is bound once.

import { ownRecord } from '../../contract/record.ts'
import type { SqlValue } from '../../sql/row.ts'
import type { ExpectedVersion, RecordChange } from '../../contract/store.ts'

/** The parameters of a commit, in the order of its statement: what it expects, then what it sets. */
export function toCommit(
  key: string,
  expected: ExpectedVersion,
  given: RecordChange,
  now: number,
): SqlValue[] {
  const change = ownRecord(given)
  return [
    key,
    expected.version,
    JSON.stringify([expected.commitId]).slice(0, -1),
    now,
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
    change.endsAt,
    change.userId ?? null,
    change.owner ?? null,
    change.details ?? null,
  ]
}
