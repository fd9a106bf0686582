// The five verbs of the contract.

import { toCommit } from '../../sql/commit-parameters.ts'
import { toRecord, toRow } from '../../sql/row.ts'
import type { ExpectedVersion, RecordChange, SessionRecord, SessionStore } from '../../store.ts'
import { assertFits } from './column-sizes.ts'
import { errorNumberOf } from './driver-error.ts'
import type { Executor, Transaction } from './executor.ts'
import type { Statements } from './statements.ts'

const duplicateKey = 1062

/** The verbs that write a whole record: on their own, or in a transaction. */
export interface RecordWrites {
  /** As {@link SessionStore.create}. */
  create(on: Transaction, record: SessionRecord): Promise<boolean>
  /** As {@link SessionStore.commit}. */
  commit(
    on: Transaction,
    key: string,
    expected: ExpectedVersion,
    change: RecordChange,
    now: number,
  ): Promise<boolean>
}

/** The writes on the table of the statements. */
export function createRecordWrites(statements: Statements): RecordWrites {
  return {
    async create(on, record) {
      assertFits(record)
      try {
        return (await on.write(statements.create, toRow(record))) > 0
      } catch (error) {
        // The key is the only thing that must be unique.
        if (errorNumberOf(error) === duplicateKey) return false
        throw error
      }
    },
    async commit(on, key, expected, change, now) {
      assertFits(change)
      return (await on.write(statements.commit, toCommit(key, expected, change, now))) > 0
    },
  }
}

/** The verbs on the table of the statements. */
export function createRecordVerbs(
  executor: Executor,
  statements: Statements,
  writes: RecordWrites,
): SessionStore {
  return {
    create: (record) => writes.create(executor, record),
    async read(key, now) {
      const [row] = await executor.select(statements.read, [key, now])
      return row === undefined ? undefined : toRecord(row)
    },
    commit: (key, expected, change, now) => writes.commit(executor, key, expected, change, now),
    async touch(key, lastSeenAt, idleExpiresAt, now) {
      if ((await executor.write(statements.touch, [lastSeenAt, idleExpiresAt, key, now])) > 0) return true
      return (await executor.select(statements.exists, [key, now])).length > 0
    },
    async delete(key, owner) {
      const deleted =
        owner === undefined
          ? executor.write(statements.delete, [key])
          : executor.write(statements.deleteOwned, [key, owner])
      return (await deleted) > 0
    },
  }
}
