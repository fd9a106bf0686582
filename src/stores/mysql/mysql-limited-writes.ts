// The limit of sessions per user: docs/decisions/0031. Logins of one user take turns, because two that count at the
// same time would each find room. Whose turn it is holds a row that is inserted and deleted in the transaction, so
// that nobody ever reads it.

import type { LimitedWrite, LimitedWrites } from '../../contract/limited-writes.ts'
import type { Executor, Transaction } from './mysql-executor.ts'
import type { RecordWrites } from './mysql-store.ts'
import { handlesOf, removeRows } from './mysql-remove-rows.ts'
import { OvertakenError } from './mysql-retry-undone.ts'
import type { Statements } from './mysql-statements.ts'

/** Whose sessions are limited, and which of them was just written. */
interface Limited {
  readonly key: string
  readonly owner: string
  readonly limit: number
}

/** The limited writes on the table of the statements. */
export function createLimitedWrites(
  executor: Executor,
  statements: Statements,
  writes: RecordWrites,
): LimitedWrites {
  /** Writes in turn, then ends the sessions beyond the limit. */
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
    async createWithin(record, limit, now) {
      const { key, owner } = record
      if (owner === undefined) return { isWritten: await writes.create(executor, record), evicted: [] }
      return writeInTurn({ key, owner, limit }, now, (on) => writes.create(on, record))
    },
    async commitWithin(key, expected, change, limit, now) {
      const { owner } = change
      const write = (on: Transaction): Promise<boolean> => writes.commit(on, key, expected, change, now)
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
  statements: Statements,
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
