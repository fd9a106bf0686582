// How the store gets a database: by opening a file of its own, or by using one that the application
// has opened. Write-ahead logging lets others read while one process writes; the busy timeout makes a
// second writer wait instead of failing.

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { createClientError, createOptionError } from '../../options.ts'
import type { SqliteDatabase } from './client.ts'
import { findDriver } from './find-driver.ts'
import type { OpenDatabase } from './find-driver.ts'
import { createSchema } from './schema.ts'
import type { SqliteSettings } from './sqlite-options.ts'
import { prepareStatements } from './statements.ts'
import type { Statements } from './statements.ts'

/** A database that is ready for use. */
export interface Connection {
  /** Prepared once, for the life of the connection. */
  readonly statements: Statements
  /** Releases the statements, and the file if the store opened it. */
  close(): void
}

/** How long a statement waits for another process to write, in milliseconds. It blocks the event loop. */
const busyTimeout = 100

/**
 * Chooses between a file and an open database. Checks its arguments at once; the returned function
 * connects.
 *
 * @throws {@link SessionConfigError} for neither, for a path where the runtime has no SQLite, and for
 * the option `synchronous` with a database whose settings belong to the application.
 */
export function createConnector(
  pathOrDatabase: string | SqliteDatabase,
  settings: SqliteSettings,
): () => Connection {
  if (typeof pathOrDatabase === 'string' && pathOrDatabase !== '') {
    const open = findDriver()
    assertFolderExists(pathOrDatabase)
    return () => openFile(open, pathOrDatabase, settings)
  }
  const database = pathOrDatabase as SqliteDatabase | null | undefined
  if (typeof database?.exec !== 'function' || typeof database.prepare !== 'function') {
    throw createClientError(
      'sqliteStore',
      pathOrDatabase,
      'the path of a file, or a database with exec and prepare',
    )
  }
  if (settings.synchronous !== undefined) {
    throw createOptionError(
      'sqliteStore.synchronous',
      settings.synchronous,
      'nothing, because a database that you opened keeps its own settings',
    )
  }
  return () => useDatabase(database, settings)
}

/** SQLite creates a missing file but not its folder, and would say so only when the first session is saved. */
function assertFolderExists(path: string): void {
  const isFile = path !== ':memory:' && !path.startsWith('file:')
  if (isFile && !existsSync(dirname(path))) {
    throw createOptionError('sqliteStore', path, 'the path of a file in a folder that exists')
  }
}

/** Opens the file at a path, sets it up and creates the table. Closes the file again if that fails. */
export function openFile(open: OpenDatabase, path: string, settings: SqliteSettings): Connection {
  const database = open(path)
  try {
    database.exec(`pragma busy_timeout = ${busyTimeout}`)
    database.exec('pragma journal_mode = wal')
    database.exec(`pragma synchronous = ${settings.synchronous ?? 'normal'}`)
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

/** Creates the table in a database that somebody else opened, without touching its settings. */
function useDatabase(database: SqliteDatabase, settings: SqliteSettings): Connection {
  database.exec(createSchema(settings.table))
  const statements = prepareStatements(database, settings.table)
  return {
    statements,
    close() {
      for (const statement of Object.values(statements)) statement.finalize?.()
    },
  }
}
