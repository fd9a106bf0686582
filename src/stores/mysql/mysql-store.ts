// The store for MySQL and MariaDB. Each verb is a single statement that contains its own condition, in a
// transaction of its own; a touch that changed nothing takes two, and what ends a user's sessions a transaction of
// several. The statements are in mysql/statements.ts, the table in mysql/schema.ts, the reasons in docs/decisions/0019
// and 0031.

import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type {
  Enumerable,
  ExpirySweep,
  ListPosition,
  Pingable,
  UserIndex,
} from '../../contract/capabilities.ts'
import { SessionConfigError } from '../../contract/errors.ts'
import { joinLimits } from '../../contract/limited-writes.ts'
import type { LimitedWrites } from '../../contract/limited-writes.ts'
import { toCommit, toListedRecord, toRecord, toRow } from '../../sql/row.ts'
import type { ExpectedVersion, RecordChange, SessionRecord, SessionStore } from '../../contract/store.ts'
import { assertClient } from './mysql-client.ts'
import type { MysqlClient } from './mysql-client.ts'
import { Executor } from './mysql-executor.ts'
import type { Transaction } from './mysql-executor.ts'
import { readMysqlOptions } from './mysql-options.ts'
import type { MysqlStoreOptions } from './mysql-options.ts'
import { writeStatements } from './mysql-statements.ts'
import type { Statements } from './mysql-statements.ts'
import { assertFits, columnSizes } from './mysql-schema.ts'
import { errorNumberOf } from './mysql-driver-error.ts'
import type { Bound } from './mysql-bytes.ts'
import { deleteStep } from './mysql-delete-step.ts'
import { createLimitedWrites } from './mysql-limited-writes.ts'
import { mostRemoved, removeFound } from './mysql-remove-rows.ts'

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

// The five verbs of the contract.

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
function createRecordWrites(statements: Statements): RecordWrites {
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
function createRecordVerbs(executor: Executor, statements: Statements, writes: RecordWrites): SessionStore {
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

// The sessions of a user. MySQL has no `returning`, and what a select has found may be extended, or belong to
// another user, before a delete comes to it. So rows are found by their owner without a lock, then locked by their
// keys, judged as they are now, and deleted, in one transaction: exactly those that it names.

/** Comes after every handle: see {@link toPosition}. */
const lastHandle: Uint8Array = Buffer.alloc(columnSizes.handle, 0xff)

/** The capability on the table of the statements. */
function createUserIndex(
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
