// The verbs as MySQL serves them, on their own or as steps of a transaction: those of sql/sql-store.ts, with what its
// columns, its errors and its lack of `returning` demand.

import { Buffer } from 'node:buffer'
import type { ListPosition } from '../../contract/capabilities.ts'
import { toListedRecord } from '../../sql/row.ts'
import type { SqlValue } from '../../sql/row.ts'
import { createSqlVerbs } from '../../sql/sql-store.ts'
import type { SqlVerbs } from '../../sql/sql-store.ts'
import type { MysqlStatement } from './mysql-client.ts'
import { errorNumberOf } from './mysql-driver-error.ts'
import type { Bound, Transaction } from './mysql-executor.ts'
import { assertFits, columnSizes } from './mysql-schema.ts'
import type { LimitedStatement, MysqlStatements } from './mysql-statements.ts'

const duplicateKey = 1062

/** Comes after every handle: see {@link toPosition}. */
const lastHandle: Uint8Array = Buffer.alloc(columnSizes.handle, 0xff)

/**
 * The verbs on the table of the statements.
 *
 * @param on - A transaction, or the executor, for which each statement is one.
 */
export function createMysqlVerbs(on: Transaction, statements: MysqlStatements): SqlVerbs {
  const verbs = createSqlVerbs({
    select: (verb, values) => on.select(...complete(statements[verb], values)),
    write: (verb, values) => on.write(...complete(statements[verb], values)),
  })
  return {
    ...verbs,
    async create(record, now) {
      assertFits(record)
      try {
        return await verbs.create(record, now)
      } catch (error) {
        // The key is the only thing that must be unique.
        if (errorNumberOf(error) === duplicateKey) return false
        throw error
      }
    },
    async commit(key, expected, change, now) {
      assertFits(change)
      return verbs.commit(key, expected, change, now)
    },
    async touch(key, lastSeenAt, idleExpiresAt, now) {
      if (await verbs.touch(key, lastSeenAt, idleExpiresAt, now)) return true
      return (await on.select(statements.exists, [key, now])).length > 0
    },
    async listByUser(owner, { limit, after }, now) {
      const rows = await on.select(statements.listByUser(limit), [owner, ...toPosition(after), now])
      return rows.map((row) => toListedRecord({ ...row, key: toText(row['key']) }))
    },
  }
}

/** A statement with its limit, which is the last of the values. */
function complete(
  statement: MysqlStatement | LimitedStatement,
  values: readonly SqlValue[],
): [MysqlStatement, readonly SqlValue[]] {
  return typeof statement === 'function'
    ? [statement(Number(values.at(-1))), values.slice(0, -1)]
    : [statement, values]
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
