// What the store needs of a driver, as an interface of our own: three drivers fit, none is a
// dependency, and a fourth fits without anybody's help.

/**
 * What is bound to a statement and what comes out of a column.
 *
 * @example
 * ```ts
 * const parameters: SqliteValue[] = ['u_123', 1_767_225_600_000, null]
 * ```
 */
export type SqliteValue = string | number | null

/**
 * A prepared statement. Both methods bind their arguments to the statement's `?` in order.
 * Rows are plain objects by column name.
 *
 * @example
 * ```ts
 * const statement: SqliteStatement = database.prepare('select count(*) as sessions from coatcheck_sessions')
 * const row = statement.get()
 * ```
 */
export interface SqliteStatement {
  /** The first row; `undefined` or `null` when there is none. */
  get(...parameters: SqliteValue[]): unknown
  /** All rows. */
  all(...parameters: SqliteValue[]): unknown[]
  /** Lets the statement go, where the driver wants to be told. */
  finalize?(): void
}

/**
 * The part of a synchronous SQLite driver that the store uses. `DatabaseSync` of `node:sqlite`,
 * `Database` of `better-sqlite3` and `Database` of `bun:sqlite` have it.
 *
 * @example
 * ```ts
 * import { DatabaseSync } from 'node:sqlite'
 * const database: SqliteDatabase = new DatabaseSync('app.sqlite')
 * ```
 */
export interface SqliteDatabase {
  /** Runs SQL that returns nothing. */
  exec(sql: string): unknown
  /** Compiles one statement, to be run many times. */
  prepare(sql: string): SqliteStatement
}
