// Deletes rows that were found before, and tells which there still were.

import type { Bound } from './bytes.ts'
import type { Transaction } from './executor.ts'
import type { Statements } from './statements.ts'

/** A row that was deleted. */
export interface RemovedRow {
  /** Absent when the stored one is not text. */
  readonly handle: string | undefined
  /** Whether its session had not ended. */
  readonly isLive: boolean
  /** As it was at the end. */
  readonly lastSeenAt: number
}

/**
 * For how many keys there are statements. A list is filled up to the next length, so that a connection prepares a
 * few statements and not one for each length. MariaDB makes a temporary table of 1000 or more.
 */
const listLengths = [1, 20, 900] as const

/** The keys of rows: bytes where they are not text. */
export function keysOf(rows: readonly Record<string, unknown>[]): readonly Bound[] {
  return rows.map((row) => row['key'] as string | Uint8Array)
}

/** The handles of those that were live. */
export function handlesOf(removed: readonly RemovedRow[]): readonly string[] {
  return removed.flatMap(({ handle, isLive }) => (isLive && handle !== undefined ? [handle] : []))
}

/**
 * Deletes at most 900 rows where they still belong to the owner, in order of their keys, so that two who delete
 * the same wait for each other and do not deadlock.
 */
export async function removeRows(
  on: Transaction,
  statements: Statements,
  owner: string,
  keys: readonly Bound[],
  now: number,
): Promise<readonly RemovedRow[]> {
  const length = listLengths.find((each) => each >= keys.length)
  const [first] = keys
  if (first === undefined || length === undefined) return []
  const list = Array.from({ length }, (_, index) => keys[index] ?? first)
  const rows = await on.select(statements.lock(length), [now, owner, ...list])
  if (rows.length > 0) await on.write(statements.deleteKeys(length), [owner, ...list])
  return rows.map(({ handle, live, last_seen_at: lastSeenAt }) => ({
    handle: typeof handle === 'string' ? handle : undefined,
    isLive: Number(live) === 1,
    lastSeenAt: Number(lastSeenAt),
  }))
}
