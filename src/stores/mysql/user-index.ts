// The sessions of a user. The database compares user ids as bytes, by an index.

import type { UserIndex } from '../../capabilities.ts'
import { toListedRecord } from '../../sql/row.ts'
import type { Executor } from './executor.ts'
import type { Statements } from './statements.ts'

/** The capability on the table of the statements. */
export function createUserIndex(executor: Executor, statements: Statements): UserIndex {
  return {
    async listByUser(userId, now) {
      const rows = await executor.select(statements.listByUser, [userId, now])
      // A key that is not text cannot be passed to `deleteOwned`; `deleteByUser` removes its row.
      return rows.filter(({ key }) => typeof key === 'string').map(toListedRecord)
    },
    async countByUser(userId, now) {
      const [row] = await executor.select(statements.countByUser, [userId, now])
      return Number(row?.['live'])
    },
    deleteOwned: async (userId, key) => (await executor.write(statements.deleteOwned, [key, userId])) > 0,
    async deleteByUser(userId, now) {
      // The second statement has no condition but the user: a server whose clock is behind may extend a
      // record that has expired here, and it must not slip through between the two.
      await executor.write(statements.deleteExpiredOfUser, [userId, now])
      return executor.write(statements.deleteByUser, [userId])
    },
  }
}
