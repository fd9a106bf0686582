// The store for MySQL and MariaDB. Each verb is a single statement that contains its own condition, in a
// transaction of its own; a touch that changed nothing takes two, and what ends a user's sessions a transaction of
// several. The verbs are in mysql-verbs.ts, their statements in mysql-statements.ts, the reasons in docs/decisions/0019
// and 0031.

import { randomBytes } from 'node:crypto'
import type { Enumerable, ExpirySweep, Pingable, UserIndex } from '../../contract/capabilities.ts'
import { SessionConfigError } from '../../contract/errors.ts'
import { joinLimits } from '../../contract/limited-writes.ts'
import type { SessionStore } from '../../contract/store.ts'
import { assertClient } from './mysql-client.ts'
import type { MysqlClient } from './mysql-client.ts'
import { Executor } from './mysql-executor.ts'
import type { Transaction } from './mysql-executor.ts'
import { readMysqlOptions } from './mysql-options.ts'
import type { MysqlStoreOptions } from './mysql-options.ts'
import { writeStatements } from './mysql-statements.ts'
import type { MysqlStatements } from './mysql-statements.ts'
import { createUserEndings } from './mysql-user-endings.ts'
import { createMysqlVerbs } from './mysql-verbs.ts'

/** A store in MySQL or MariaDB, which any number of servers may share. */
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
 * sessions, and one of the store would commit what the application has begun. Autocommit must be on, as it is by
 * default; `ping` and `createSchema` check it.
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
  const inspect = async (): Promise<void> => {
    const [row] = await executor.select(statements.inspect, [])
    if (Number(row?.['autocommit']) !== 1) throw createAutocommitError()
  }
  return joinLimits({
    ...createMysqlVerbs(executor, statements),
    ...createUserEndings(executor, statements),
    sweepEvery,
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
async function tryWrite(on: Transaction, statements: MysqlStatements): Promise<void> {
  const key = `ping:${randomBytes(12).toString('hex')}`
  await on.write(statements.claim, [key])
  await on.write(statements.delete, [key])
}

/** Without autocommit nothing that the store writes would ever be committed. */
function createAutocommitError(): SessionConfigError {
  return new SessionConfigError('mysqlStore: received a client without autocommit; allowed is one with it')
}
