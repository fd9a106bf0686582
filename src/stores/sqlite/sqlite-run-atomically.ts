// Several statements as one step. A savepoint, because the database may belong to an application that has begun a
// transaction: outside of one it is the same as `begin`.

import type { SqliteDatabase } from './sqlite-client.ts'

/**
 * Runs statements that take effect together or not at all. The first should write: it then waits for the lock
 * as a lone statement does, and what follows sees the newest rows.
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
