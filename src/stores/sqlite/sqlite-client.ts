// What the store needs from a driver, as an interface of its own: three drivers satisfy it, none is
// a dependency, and others can be adapted to it.

/** A value that can be bound to a statement. */
export type SqliteValue = string | number | null

/**
 * A prepared statement. Both methods bind their arguments to the statement's `?` in order.
 * Rows are plain objects by column name.
 */
export interface SqliteStatement {
  /** The first row; `undefined` or `null` when there is none. */
  get(...parameters: SqliteValue[]): unknown
  /** All rows. */
  all(...parameters: SqliteValue[]): unknown[]
  /** Releases the statement, for drivers that need it. */
  finalize?(): void
  /** Whether rows are arrays, for drivers where the database decides that otherwise. */
  setReturnArrays?(areArrays: boolean): void
  /** Whether numbers are `bigint`, for drivers that fail on those that a number cannot hold. */
  setReadBigInts?(areBigInts: boolean): void
}

/**
 * The part of a synchronous SQLite driver that the store uses. `DatabaseSync` of `node:sqlite`,
 * `Database` of `better-sqlite3` and `Database` of `bun:sqlite` have it.
 */
export interface SqliteDatabase {
  /** Runs SQL that returns nothing. */
  exec(sql: string): unknown
  /** Compiles a statement that can be run many times. */
  prepare(sql: string): SqliteStatement
}
