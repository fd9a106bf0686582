// Deletes rows that were found before, and tells which there still were.

import type { Bound } from './mysql-bytes.ts'
import type { Executor, Transaction } from './mysql-executor.ts'
import type { Statements } from './mysql-statements.ts'

/** A row that was deleted. */
export interface RemovedRow {
  /** Absent when the stored one is not text. */
  readonly handle: string | undefined
  /** Whether its session had not ended. */
  readonly isLive: boolean
  /** As it was at the end. */
  readonly lastSeenAt: number
}

/** How many rows one call removes at most. MariaDB makes a temporary table of a list of 1000 or more. */
export const mostRemoved = 900

/** For how many keys there are statements, so that a connection prepares a few and not one for each number. */
const listLengths = [1, 20, mostRemoved] as const

/** The handles of those that were live. */
export function handlesOf(removed: readonly RemovedRow[]): readonly string[] {
  return removed.flatMap(({ handle, isLive }) => (isLive && handle !== undefined ? [handle] : []))
}

/** As {@link removeRows}, in a transaction of its own; nothing is sent for no rows. */
export async function removeFound(
  executor: Executor,
  statements: Statements,
  owner: string,
  found: readonly Record<string, unknown>[],
  now: number,
): Promise<readonly RemovedRow[]> {
  if (found.length === 0) return []
  return executor.transact((on) => removeRows(on, statements, owner, found, now))
}

/**
 * Deletes rows where they still belong to the owner, in order of their keys, so that two who delete the same wait
 * for each other and do not deadlock.
 */
export async function removeRows(
  on: Transaction,
  statements: Statements,
  owner: string,
  found: readonly Record<string, unknown>[],
  now: number,
): Promise<readonly RemovedRow[]> {
  const candidates = listKeys(found)
  const rows = await on.select(statements.lock(candidates.length), [now, owner, ...candidates])
  if (rows.length === 0) return []
  const keys = listKeys(rows)
  await on.write(statements.deleteKeys(keys.length), keys)
  return rows.map(({ handle, live, last_seen_at: lastSeenAt }) => ({
    handle: typeof handle === 'string' ? handle : undefined,
    isLive: Number(live) === 1,
    lastSeenAt: Number(lastSeenAt),
  }))
}

/** The keys of rows, the first repeated up to one of {@link listLengths}. */
function listKeys(rows: readonly Record<string, unknown>[]): Bound[] {
  const length = listLengths.find((each) => each >= rows.length) ?? mostRemoved
  return Array.from({ length }, (_, index) => (rows[index] ?? rows[0])?.['key'] as Bound)
}
