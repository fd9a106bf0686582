// Ends sessions of a user: on request, and beyond a limit. The index on (owner, ends_at, handle) serves all of it.

import type { LimitedWrite } from '../../contract/limited-writes.ts'
import { toCommit, toRow } from '../../sql/row.ts'
import type { UserEndings } from '../../sql/sql-store.ts'
import { runAtomically } from './sqlite-client.ts'
import type { SqliteValue } from './sqlite-client.ts'
import type { Connection, LazyConnection } from './sqlite-connection.ts'
import { deleteInBatches } from './sqlite-delete-in-batches.ts'

/** What a deletion returns of each row. A driver returns `live` as a number or a bigint. */
interface DeletedRow {
  readonly handle: unknown
  readonly live: unknown
}

/** A session that stays, and how many of its owner's may stay with it. */
interface Limit {
  readonly owner: string | undefined
  readonly key: string
  readonly limit: number
}

/** The endings on a connection. */
export function createUserEndings(connection: LazyConnection): UserEndings {
  return {
    deleteByHandle: (owner, handle, now) =>
      connection.write(({ statements }) => {
        const rows = statements.deleteByHandle.all(owner, handle, now) as DeletedRow[]
        return rows.some(({ live }) => Number(live) === 1)
      }),
    deleteByUser: (owner, { except }, now) =>
      connection.write(({ statements }) => {
        const { rows, hasMore } = deleteInBatches(
          (size) => statements.deleteByUser.all(owner, except ?? null, size, now) as DeletedRow[],
        )
        const handles = handlesOf(rows.filter(({ live }) => Number(live) === 1))
        // What is deleted is gone, so the next step begins where this one did.
        return hasMore ? { handles, cursor: 'more' } : { handles }
      }),
    createWithin: (record, limit, now) =>
      connection.write((open) => {
        const { owner, key } = record
        const write = (): boolean => open.statements.create.all(...toRow(record)).length > 0
        return writeWithin(open, write, { owner, key, limit }, now)
      }),
    commitWithin: (key, expected, change, limit, now) =>
      connection.write((open) => {
        const { owner } = change
        const values = toCommit(key, expected, change, now)
        const write = (): boolean => open.statements.commit.all(...values).length > 0
        return writeWithin(open, write, { owner, key, limit }, now)
      }),
  }
}

/** The write comes first: it takes the lock, so that no other process adds a session before the rows are counted. */
function writeWithin(
  { database, statements }: Connection,
  write: () => boolean,
  { owner, key, limit }: Limit,
  now: number,
): LimitedWrite {
  return runAtomically(database, () => {
    if (!write()) return { isWritten: false, evicted: [] }
    if (owner === undefined) return { isWritten: true, evicted: [] }
    const others: SqliteValue[] = [owner, key, now]
    const atMost = Math.min(limit, Number.MAX_SAFE_INTEGER)
    const rows = statements.evict.all(...others, atMost, ...others, atMost) as DeletedRow[]
    return { isWritten: true, evicted: handlesOf(rows) }
  })
}

/** The handles of rows. A damaged one has none. */
function handlesOf(rows: readonly Pick<DeletedRow, 'handle'>[]): string[] {
  return rows.map(({ handle }) => handle).filter((handle) => typeof handle === 'string')
}
