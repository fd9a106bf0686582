// The store for MySQL and MariaDB. Each verb is a single statement that contains its own condition, in a
// transaction of its own; a touch that changed nothing takes two, and what ends a user's sessions a transaction of
// several. The statements are in mysql/statements.ts, the table in mysql/schema.ts, the reasons in docs/decisions/0019
// and 0031.

import { randomBytes } from 'node:crypto'
import type { Enumerable, ExpirySweep, Pingable, UserIndex } from '../capabilities.ts'
import { SessionConfigError } from '../errors.ts'
import { joinLimits } from '../limited-writes.ts'
import { toRecord } from '../sql/row.ts'
import type { SessionStore } from '../store.ts'
import { assertClient } from './mysql/assert-client.ts'
import type {
  MysqlClient,
  MysqlConnection,
  MysqlExecutor,
  MysqlPool,
  MysqlStatement,
  MysqlValue,
} from './mysql/client.ts'
import { Executor } from './mysql/executor.ts'
import type { Transaction } from './mysql/executor.ts'
import { readMysqlOptions } from './mysql/mysql-options.ts'
import type { MysqlStoreOptions } from './mysql/mysql-options.ts'
import { createRecordVerbs, createRecordWrites } from './mysql/record-verbs.ts'
import { writeStatements } from './mysql/statements.ts'
import type { Statements } from './mysql/statements.ts'
import { createUserIndex } from './mysql/user-index.ts'

export type {
  MysqlClient,
  MysqlConnection,
  MysqlExecutor,
  MysqlPool,
  MysqlStatement,
  MysqlStoreOptions,
  MysqlValue,
}

/**
 * A store in MySQL or MariaDB, which any number of servers may share.
 *
 * @example
 * ```ts
 * const store: MysqlStore = mysqlStore(pool)
 * await store.createSchema()
 * ```
 */
export interface MysqlStore extends SessionStore, UserIndex, ExpirySweep, Enumerable, Pingable {
  /**
   * Creates the table and its indexes if they are missing; any number of servers may do so at once. The
   * same statements are in `sql/mysql.sql` of the package, for those who may not create tables.
   */
  createSchema(): Promise<void>
}

/**
 * Keeps sessions in a table of MySQL 8.0 or MariaDB 10.6, or later. All promises hold across the servers
 * that share it.
 *
 * The pool or connection stays yours: the store neither changes its settings nor closes it. A
 * connection must be the store's own, because a transaction that the application rolls back would undo
 * sessions, and one of the store would commit what the application has begun. Autocommit must be on, as it is by default; `ping` and `createSchema` check it.
 *
 * Rejects with a copy of the driver's error that shows neither statements nor values.
 *
 * @param client - A pool or connection of `mysql2/promise` or `mariadb`.
 * @throws {@link SessionConfigError} for an unknown or unacceptable option, or a client with callbacks.
 *
 * @example
 * ```ts
 * import { createPool } from 'mysql2/promise'
 * const store = mysqlStore(createPool({ host: 'db.internal', user: 'shop', database: 'shop', connectTimeout: 2000 }))
 * await store.createSchema()
 * const sessions = createSessionManager({ store })
 * ```
 */
export function mysqlStore(client: MysqlClient, options: MysqlStoreOptions = {}): MysqlStore {
  const { table, sweepEvery } = readMysqlOptions(options)
  assertClient(client)
  const executor = new Executor(client, table)
  const statements = writeStatements(table)
  const writes = createRecordWrites(statements)
  const inspect = async (): Promise<void> => {
    const [row] = await executor.select(statements.inspect, [])
    if (Number(row?.['autocommit']) !== 1) throw createAutocommitError()
  }
  return joinLimits({
    sweepEvery,
    ...createRecordVerbs(executor, statements, writes),
    ...createUserIndex(executor, statements, writes),
    sweep: async (before, limit) => (await executor.write(statements.sweep(limit), [before])) === limit,
    async enumerate(cursor, limit, now) {
      const rows = await executor.select(statements.enumerate(limit), [cursor ?? '', now])
      const records = rows.map(toRecord)
      const last = records[limit - 1]
      return last === undefined ? { records } : { records, cursor: last.key }
    },
    async ping() {
      await inspect()
      await executor.rehearse((on) => tryWrite(on, statements))
    },
    async createSchema() {
      await executor.write(statements.createSchema, [])
      await inspect()
    },
  })
}

/** Inserts, updates and deletes a row, which the server refuses when it is read only or the rights are missing. */
async function tryWrite(on: Transaction, statements: Statements): Promise<void> {
  const key = `ping:${randomBytes(12).toString('hex')}`
  await on.write(statements.claim, [key])
  await on.write(statements.delete, [key])
}

/** Without autocommit nothing that the store writes would ever be committed. */
function createAutocommitError(): SessionConfigError {
  return new SessionConfigError('mysqlStore: received a client without autocommit; allowed is one with it')
}
