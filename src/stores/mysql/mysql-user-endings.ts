// Ends sessions of a user: on request, and beyond a limit. MySQL has no `returning`, and what a select has found
// may be extended, or belong to another user, before a delete comes to it. So rows are found by their owner without
// a lock, then locked by their keys, judged as they are now, and deleted, in one transaction: exactly those that it
// names.

import { Buffer } from 'node:buffer'
import type { EndedSessions, UserIndex } from '../../contract/capabilities.ts'
import type { LimitedWrite } from '../../contract/limited-writes.ts'
import type { UserEndings } from '../../sql/sql-store.ts'
import { OvertakenError } from './mysql-driver-error.ts'
import type { Bound, Executor, Transaction } from './mysql-executor.ts'
import type { MysqlStatements } from './mysql-statements.ts'
import { createMysqlVerbs } from './mysql-verbs.ts'

type Row = Record<string, unknown>
type Step = Parameters<UserIndex['deleteByUser']>[1]

/** Whose sessions are limited, and which of them was just written. */
interface Limited {
  readonly key: string
  readonly owner: string
  readonly limit: number
}

/** A row that was deleted. */
interface RemovedRow {
  /** Absent when the stored one is not text. */
  readonly handle: string | undefined
  /** Whether its session had not ended. */
  readonly isLive: boolean
  /** As it was at the end. */
  readonly lastSeenAt: number
}

/** How many rows one call removes at most. MariaDB makes a temporary table of a list of 1000 or more. */
const mostRemoved = 900

/** For how many keys there are statements, so that a connection prepares a few and not one for each number. */
const listLengths = [1, 20, mostRemoved] as const

/** The cursor with which another pass begins. */
const anotherPass = 'again'

/** The endings in the table of the statements. */
export function createUserEndings(executor: Executor, statements: MysqlStatements): UserEndings {
  /**
   * Writes, then ends the sessions beyond the limit (docs/decisions/0031). Logins of one user take turns, because
   * two that count at the same time would each find room. Whose turn it is holds a row that is inserted and deleted
   * in the transaction, so that nobody ever reads it.
   */
  const writeInTurn = (
    limited: Limited,
    now: number,
    write: (on: Transaction) => Promise<boolean>,
  ): Promise<LimitedWrite> =>
    executor.transact(async (on) => {
      const turn = `turn:${limited.owner}`
      await on.write(statements.claim, [turn])
      const isWritten = await write(on)
      const evicted = isWritten ? await evict(on, statements, limited, now) : []
      await on.write(statements.delete, [turn])
      return { isWritten, evicted }
    })

  return {
    async deleteByHandle(owner, handle, now) {
      const found = await executor.select(statements.findKeysOfHandle(mostRemoved), [owner, handle])
      const removed = await removeFound(executor, statements, owner, found, now)
      return removed.some(({ isLive }) => isLive)
    },
    deleteByUser: (owner, step, now) => deleteStep(executor, statements, owner, step, now),
    async createWithin(record, limit, now) {
      const { key, owner } = record
      const write = async (on: Transaction): Promise<boolean> =>
        createMysqlVerbs(on, statements).create(record, now)
      if (owner === undefined) return { isWritten: await write(executor), evicted: [] }
      return writeInTurn({ key, owner, limit }, now, write)
    },
    async commitWithin(key, expected, change, limit, now) {
      const { owner } = change
      const write = async (on: Transaction): Promise<boolean> =>
        createMysqlVerbs(on, statements).commit(key, expected, change, now)
      if (owner === undefined) return { isWritten: await write(executor), evicted: [] }
      return writeInTurn({ key, owner, limit }, now, write)
    },
  }
}

/**
 * Ends the longest unused beyond the limit.
 *
 * @throws {@link OvertakenError} when one of them was used after it was chosen; all is undone then, and done again.
 */
async function evict(
  on: Transaction,
  statements: MysqlStatements,
  { key, owner, limit }: Limited,
  now: number,
): Promise<readonly string[]> {
  const which = [owner, key, now]
  const rows = await on.select(statements.findLongestUnused(limit), [...which, ...which])
  const chosen = rows.slice(0, Number(rows[0]?.['excess'] ?? 0))
  if (chosen.length === 0) return []
  const lastUse = Math.max(...chosen.map((row) => Number(row['last_seen_at'])))
  const removed = await removeRows(on, statements, owner, chosen, now)
  if (removed.some(({ lastSeenAt }) => lastSeenAt > lastUse))
    throw new OvertakenError('a session was used meanwhile')
  return handlesOf(removed)
}

/**
 * One step of `deleteByUser`. A user's sessions are removed in passes over the index, each in steps that begin
 * where the one before it ended: InnoDB keeps removed entries for a while, and to begin at the first each time
 * would read all of them again. A commit may move a row behind a pass. So a pass that took several steps is
 * followed by another, until one step has seen all that there is, by a consistent read, which sees each row once
 * wherever it moves.
 */
async function deleteStep(
  executor: Executor,
  statements: MysqlStatements,
  owner: string,
  { except, cursor = anotherPass }: Step,
  now: number,
): Promise<EndedSessions> {
  const which = [owner, except ?? null]
  const limit = mostRemoved + 1
  const found =
    cursor === anotherPass
      ? await executor.select(statements.findKeys(limit), which)
      : await executor.select(statements.findKeysAfter(limit), [...which, ...fromCursor(cursor)])
  const step = found.slice(0, mostRemoved)
  const handles = handlesOf(await removeFound(executor, statements, owner, step, now))
  if (found.length > mostRemoved) return { handles, cursor: toCursor(step.at(-1)) }
  return cursor === anotherPass ? { handles } : { handles, cursor: anotherPass }
}

/** Where a step ended. A handle may be bytes that are not text. */
function toCursor(row: Row | undefined): string {
  const handle = Buffer.from((row?.['handle'] ?? '') as string | Uint8Array)
  return `${Number(row?.['ends_at'])} ${handle.toString('hex')}`
}

function fromCursor(cursor: string): Bound[] {
  const [endsAt, handle = ''] = cursor.split(' ')
  return [Number(endsAt), Number(endsAt), Buffer.from(handle, 'hex')]
}

/** The handles of those that were live. */
function handlesOf(removed: readonly RemovedRow[]): readonly string[] {
  return removed.flatMap(({ handle, isLive }) => (isLive && handle !== undefined ? [handle] : []))
}

/** As {@link removeRows}, in a transaction of its own; nothing is sent for no rows. */
async function removeFound(
  executor: Executor,
  statements: MysqlStatements,
  owner: string,
  found: readonly Row[],
  now: number,
): Promise<readonly RemovedRow[]> {
  if (found.length === 0) return []
  return executor.transact((on) => removeRows(on, statements, owner, found, now))
}

/**
 * Deletes rows where they still belong to the owner, in order of their keys, so that two who delete the same wait
 * for each other and do not deadlock.
 */
async function removeRows(
  on: Transaction,
  statements: MysqlStatements,
  owner: string,
  found: readonly Row[],
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
function listKeys(rows: readonly Row[]): Bound[] {
  const length = listLengths.find((each) => each >= rows.length) ?? mostRemoved
  return Array.from({ length }, (_, index) => (rows[index] ?? rows[0])?.['key'] as Bound)
}
