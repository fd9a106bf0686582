// An open database with its statements. Write-ahead logging lets readers go on while one process
// writes; the busy timeout makes a second writer wait instead of fail.

import type { SqliteDatabase } from './client.ts'
import type { OpenDatabase } from './find-driver.ts'
import { createSchema } from './schema.ts'
import type { SqliteSettings } from './sqlite-options.ts'
import { prepareStatements } from './statements.ts'
import type { Statements } from './statements.ts'

/** A database that is ready for use, and how to let it go. */
export interface Connection {
  /** Prepared once, for the connection's life. */
  readonly statements: Statements
  /** Lets the statements go, and the file if it is ours. */
  close(): void
}

/** How long a statement waits for another process's write, in milliseconds. Nothing else runs meanwhile. */
const busyTimeout = 100

/** Opens the file at a path, sets it up and makes the table. Closes the file again when that fails. */
export function openFile(open: OpenDatabase, path: string, settings: SqliteSettings): Connection {
  const database = open(path)
  try {
    database.exec(`pragma busy_timeout = ${busyTimeout}`)
    database.exec('pragma journal_mode = wal')
    database.exec(`pragma synchronous = ${settings.synchronous}`)
    const connection = useDatabase(database, settings)
    return {
      statements: connection.statements,
      close() {
        connection.close()
        database.close()
      },
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Makes the table in a database that belongs to somebody else, and leaves its settings alone. */
export function useDatabase(database: SqliteDatabase, settings: SqliteSettings): Connection {
  database.exec(createSchema(settings.table))
  const statements = prepareStatements(database, settings.table)
  return {
    statements,
    close() {
      for (const statement of Object.values(statements)) statement.finalize?.()
    },
  }
}
