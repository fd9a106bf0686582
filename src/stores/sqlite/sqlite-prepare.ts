// Statements whose rows are objects by column name, whatever the database was opened with.

import { SessionConfigError } from '../../contract/errors.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite-client.ts'

/** Prepares a statement. `returnArrays` of node:sqlite applies to a database, and each statement can undo it. */
export function prepare(database: SqliteDatabase, sql: string): SqliteStatement {
  const statement = database.prepare(sql)
  statement.setReturnArrays?.(false)
  return statement
}

/** A row by the names of its columns. */
type Row = Readonly<Record<string, unknown>>

/** The rows of a query that is made once. */
export function query(database: SqliteDatabase, sql: string): readonly Row[] {
  const statement = prepare(database, sql)
  try {
    return statement.all() as Row[]
  } finally {
    statement.finalize?.()
  }
}

/**
 * Refuses a driver whose rows cannot be read. Otherwise the first to notice would be a visitor who comes back.
 *
 * @throws {@link SessionConfigError} naming what sets it.
 */
export function assertRowsAreObjects(database: SqliteDatabase): void {
  const [row] = query(database, 'select 1 as one')
  if (Number(row?.['one']) === 1) return
  const received = Array.isArray(row) ? 'arrays' : `a ${typeof row}`
  throw new SessionConfigError(
    `sqliteStore: received a database that returns rows as ${received}; allowed is one that returns objects by column ` +
      'name: open it without returnArrays, raw and pluck',
  )
}
