// The sessions of a user. MySQL has no `returning`, and what a select has found may be extended, or belong to
// another user, before a delete comes to it. So rows are found by their owner without a lock, then locked by their
// keys, judged as they are now, and deleted, in one transaction: exactly those that it names.

import { Buffer } from 'node:buffer'
import type { ListPosition, UserIndex } from '../../capabilities.ts'
import { toListedRecord } from '../../sql/row.ts'
import type { Bound } from './bytes.ts'
import { columnSizes } from './column-sizes.ts'
import { deleteStep } from './delete-step.ts'
import type { LimitedWrites } from '../../limited-writes.ts'
import type { Executor } from './executor.ts'
import { createLimitedWrites } from './limited-writes.ts'
import type { RecordWrites } from './record-verbs.ts'
import { mostRemoved, removeFound } from './remove-rows.ts'
import type { Statements } from './statements.ts'

/** Comes after every handle: see {@link toPosition}. */
const lastHandle: Uint8Array = Buffer.alloc(columnSizes.handle, 0xff)

/** The capability on the table of the statements. */
export function createUserIndex(
  executor: Executor,
  statements: Statements,
  writes: RecordWrites,
): UserIndex & LimitedWrites {
  return {
    async listByUser(owner, { limit, after }, now) {
      const rows = await executor.select(statements.listByUser(limit), [owner, ...toPosition(after), now])
      return rows.map((row) => toListedRecord({ ...row, key: toText(row['key']) }))
    },
    async countByUser(owner, now) {
      const [row] = await executor.select(statements.countByUser, [owner, now])
      return Number(row?.['live'])
    },
    async deleteByHandle(owner, handle, now) {
      const found = await executor.select(statements.findKeysOfHandle(mostRemoved), [owner, handle])
      const removed = await removeFound(executor, statements, owner, found, now)
      return removed.some(({ isLive }) => isLive)
    },
    deleteByUser: async (owner, step, now) => deleteStep(executor, statements, owner, step, now),
    ...createLimitedWrites(executor, statements, writes),
  }
}

/** What a page begins after. A handle that is not text is listed as none; no page may begin with it again. */
function toPosition(after: ListPosition | undefined): Bound[] {
  if (after === undefined) return [-1, -1, '']
  return [after.endsAt, after.endsAt, after.handle === '' ? lastHandle : after.handle]
}

/** A key that is not text is listed as nearly as text can tell; its row is removed with the others of its user. */
function toText(key: unknown): unknown {
  return Buffer.isBuffer(key) ? key.toString() : key
}
