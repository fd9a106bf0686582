// What the store needs from a driver, as an interface of its own: pools and connections of mysql2 and
// of mariadb satisfy it, and neither is a dependency. What is sent to them: mysql-executor.ts.

import { SessionConfigError } from '../../contract/errors.ts'
import { createClientError, hearErrors } from '../../options.ts'

/**
 * A value that the store binds to a `?`. Text is bound as its bytes in UTF-8, so that the character
 * set of the connection cannot change it.
 */
export type MysqlValue = Uint8Array | number | null

/**
 * A statement with the settings that the store relies on, whatever the pool's own are: rows are plain
 * objects, `?` is positional, and no error quotes a value. Each driver ignores the settings of the other.
 */
export interface MysqlStatement {
  /** SQL with a `?` for each value. */
  readonly sql: string
  /** Both drivers. */
  readonly rowsAsArray: false
  /** Both drivers. */
  readonly nestTables: false
  /** Both drivers. */
  readonly namedPlaceholders: false
  /** mariadb: the answer consists of rows only. */
  readonly metaAsArray: false
  /** mariadb: errors do not show values. */
  readonly logParam: false
  /** Both drivers: values are read as the driver reads them by itself. */
  readonly typeCast: <Value>(column: unknown, read: () => Value) => Value
}

/** What runs a statement: pools and connections do. */
export interface MysqlExecutor {
  /**
   * Runs a prepared statement. Answers as mysql2 does, `[rows or result, fields]`, or as mariadb does, rows
   * or result; a result has `affectedRows`.
   */
  execute(statement: MysqlStatement, values: MysqlValue[]): Promise<unknown>
}

/** The part of a connection that the store uses. Connections of `mysql2/promise` and of `mariadb` have it. */
export interface MysqlConnection extends MysqlExecutor {
  /** Begins a transaction. */
  beginTransaction(): Promise<unknown>
  /** Commits it. */
  commit(): Promise<unknown>
  /** Undoes it. */
  rollback(): Promise<unknown>
  /** Cuts the connection, after which the server undoes what was not committed. */
  destroy(): unknown
}

/** The part of a pool that the store uses. Pools of `mysql2/promise` and of `mariadb` have it. */
export interface MysqlPool extends MysqlExecutor {
  /** A connection for one transaction; `release` gives it back. */
  getConnection(): Promise<MysqlConnection & { release(): unknown }>
}

/** The part of a driver that the store uses. */
export type MysqlClient = MysqlPool | MysqlConnection

/** What a client may have besides. */
interface AnyClient {
  readonly execute?: unknown
  readonly getConnection?: unknown
  readonly beginTransaction?: unknown
  /** Only clients of mysql2 with callbacks have it. */
  readonly promise?: unknown
  on?(event: 'error', listener: () => void): unknown
  listenerCount?(event: 'error'): number
}

/**
 * Checks that this is a client, and hears its errors.
 *
 * @throws {@link SessionConfigError} saying what to pass instead.
 */
export function assertClient(client: MysqlClient): void {
  const given = client as unknown as AnyClient | null | undefined
  if (typeof given?.promise === 'function') {
    throw new SessionConfigError(
      'mysqlStore: received a client of mysql2 with callbacks; allowed is one of mysql2/promise, or its promise()',
    )
  }
  const transacts = given?.getConnection ?? given?.beginTransaction
  if (typeof given?.execute !== 'function' || typeof transacts !== 'function') {
    throw createClientError('mysqlStore', given, 'a pool or a connection of mysql2/promise or mariadb')
  }
  hearErrors(given)
}

/** Completes a statement with the settings that the store relies on. */
export function toStatement(sql: string): MysqlStatement {
  return {
    sql,
    rowsAsArray: false,
    nestTables: false,
    namedPlaceholders: false,
    metaAsArray: false,
    logParam: false,
    typeCast: readAsUsual,
  }
}

/** Only a function replaces the one of a pool, which may turn bytes into text of another character set. */
function readAsUsual<Value>(_column: unknown, read: () => Value): Value {
  return read()
}
