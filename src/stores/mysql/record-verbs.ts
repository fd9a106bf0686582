// The five verbs of the contract.

import { toCommit } from '../../sql/commit-parameters.ts'
import { toRecord, toRow } from '../../sql/row.ts'
import type { SessionStore } from '../../store.ts'
import { assertFits } from './column-sizes.ts'
import { errorNumberOf } from './driver-error.ts'
import type { Executor } from './executor.ts'
import type { Statements } from './statements.ts'

const duplicateKey = 1062

/** The verbs on the table of the statements. */
export function createRecordVerbs(executor: Executor, statements: Statements): SessionStore {
  return {
    async create(record) {
      assertFits(record)
      try {
        return (await executor.write(statements.create, toRow(record))) > 0
      } catch (error) {
        // The key is the only thing that must be unique.
        if (errorNumberOf(error) === duplicateKey) return false
        throw error
      }
    },
    async read(key, now) {
      const [row] = await executor.select(statements.read, [key, now])
      return row === undefined ? undefined : toRecord(row)
    },
    async commit(key, expected, change, now) {
      assertFits(change)
      return (await executor.write(statements.commit, toCommit(key, expected, change, now))) > 0
    },
    async touch(key, lastSeenAt, idleExpiresAt, now) {
      if ((await executor.write(statements.touch, [lastSeenAt, idleExpiresAt, key, now])) > 0) return true
      return (await executor.select(statements.exists, [key, now])).length > 0
    },
    delete: async (key) => (await executor.write(statements.delete, [key])) > 0,
  }
}
