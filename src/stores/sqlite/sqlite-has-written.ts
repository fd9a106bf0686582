import type { SqliteStatement, SqliteValue } from './sqlite-client.ts'

/** Whether a row was written. `all`, because after `get` a driver may never report that the commit failed. */
export function hasWritten(statement: SqliteStatement, parameters: readonly SqliteValue[]): boolean {
  return statement.all(...parameters).length > 0
}
