// What the store needs from a driver, as an interface of its own: pools and connections of mysql2 and
// of mariadb satisfy it, and neither is a dependency.

/**
 * A value that the store binds to a `?`. Text is bound as its bytes in UTF-8, so that the character
 * set of the connection cannot change it.
 *
 * @example
 * ```ts
 * const values: MysqlValue[] = [new TextEncoder().encode('u_123'), 1_767_225_600_000, null]
 * ```
 */
export type MysqlValue = Uint8Array | number | null

/**
 * A statement with the settings that the store relies on, whatever the pool's own are: rows are plain
 * objects, `?` is positional, and no error quotes a value. Each driver ignores the settings of the other.
 *
 * @example
 * ```ts
 * function shorten(statement: MysqlStatement): string {
 *   return statement.sql.slice(0, 60)
 * }
 * ```
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

/**
 * What runs a statement: pools and connections do.
 *
 * @example
 * ```ts
 * import { createPool } from 'mysql2/promise'
 * const executing: MysqlExecutor = createPool('mysql://shop:secret@db.internal/shop')
 * ```
 */
export interface MysqlExecutor {
  /**
   * Runs a prepared statement. Answers as mysql2 does, `[rows or result, fields]`, or as mariadb does, rows
   * or result; a result has `affectedRows`.
   */
  execute(statement: MysqlStatement, values: MysqlValue[]): Promise<unknown>
}

/**
 * The part of a connection that the store uses. Connections of `mysql2/promise` and of `mariadb` have it.
 *
 * @example
 * ```ts
 * import { createConnection } from 'mariadb'
 * const connection: MysqlConnection = await createConnection('mariadb://shop:secret@db.internal/shop')
 * ```
 */
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

/**
 * The part of a pool that the store uses. Pools of `mysql2/promise` and of `mariadb` have it.
 *
 * @example
 * ```ts
 * import { createPool } from 'mysql2/promise'
 * const pool: MysqlPool = createPool('mysql://shop:secret@db.internal/shop')
 * ```
 */
export interface MysqlPool extends MysqlExecutor {
  /** A connection for one transaction; `release` gives it back. */
  getConnection(): Promise<MysqlConnection & { release(): unknown }>
}

/**
 * The part of a driver that the store uses.
 *
 * @example
 * ```ts
 * import { createPool } from 'mysql2/promise'
 * const client: MysqlClient = createPool('mysql://shop:secret@db.internal/shop')
 * ```
 */
export type MysqlClient = MysqlPool | MysqlConnection

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
