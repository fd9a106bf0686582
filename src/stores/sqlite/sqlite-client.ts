// What the store needs from a driver, as an interface of its own: three drivers satisfy it, none is
// a dependency, and others can be adapted to it. Below, what can be done with any of them.

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

/** Prepares a statement. `returnArrays` of node:sqlite applies to a database, and each statement can undo it. */
export function prepare(database: SqliteDatabase, sql: string): SqliteStatement {
  const statement = database.prepare(sql)
  statement.setReturnArrays?.(false)
  return statement
}

/** The rows, by the names of their columns, of a query that is made once. */
export function query(database: SqliteDatabase, sql: string): readonly Readonly<Record<string, unknown>>[] {
  const statement = prepare(database, sql)
  try {
    return statement.all() as Readonly<Record<string, unknown>>[]
  } finally {
    statement.finalize?.()
  }
}

/**
 * Runs statements that take effect together or not at all. A savepoint, because the database may belong to an
 * application that has begun a transaction: outside of one it is the same as `begin`. The first statement should write:
 * it then waits for the lock as a lone statement does, and what follows sees the newest rows.
 *
 * @throws what `run` throws and the driver's errors, after everything has been undone.
 */
export function runAtomically<Result>(database: SqliteDatabase, run: () => Result): Result {
  database.exec('savepoint coatcheck')
  try {
    const result = run()
    database.exec('release coatcheck')
    return result
  } catch (error) {
    undo(database)
    throw error
  }
}

function undo(database: SqliteDatabase): void {
  try {
    database.exec('rollback to coatcheck')
    database.exec('release coatcheck')
  } catch {
    // After some errors, such as that of a full disk, SQLite has undone the transaction by itself.
  }
}
