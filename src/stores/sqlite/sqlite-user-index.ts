// The user index of the contract. The index on (owner, ends_at, handle) serves all of it.

import type { UserIndex } from '../../contract/capabilities.ts'
import type { LimitedWrite, LimitedWrites } from '../../contract/limited-writes.ts'
import { toCommit, toListedRecord, toRow } from '../../sql/row.ts'
import type { SqliteValue } from './sqlite-client.ts'
import { deleteInBatches } from './sqlite-delete-in-batches.ts'
import { hasWritten } from './sqlite-has-written.ts'
import type { Connection } from './sqlite-connection.ts'
import type { LazyConnection } from './sqlite-lazy-connection.ts'
import { runAtomically } from './sqlite-run-atomically.ts'

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

/** Creates the user index of a store. */
export function createUserIndex(connection: LazyConnection): UserIndex & LimitedWrites {
  return {
    listByUser: (owner, { limit, after }, now) =>
      connection.read(({ listByUser }) => {
        // A live session ends after now, so a list begins there.
        const { endsAt, handle } = after ?? { endsAt: now, handle: '' }
        return listByUser.all(owner, endsAt, handle, now, limit).map(toListedRecord)
      }),
    countByUser: (owner, now) =>
      connection.read(({ countByUser }) => {
        const [row] = countByUser.all(owner, now) as DeletedRow[]
        return Number(row?.live)
      }),
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
        const write = (): boolean => hasWritten(open.statements.create, toRow(record))
        return writeWithin(open, write, { owner, key, limit }, now)
      }),
    commitWithin: (key, expected, change, limit, now) =>
      connection.write((open) => {
        const { owner } = change
        const write = (): boolean => hasWritten(open.statements.commit, toCommit(key, expected, change, now))
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
