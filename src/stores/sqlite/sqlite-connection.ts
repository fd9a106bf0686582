// How the store gets a database: by opening a file of its own, or by using one that the application
// has opened. Write-ahead logging lets others read while one process writes; the busy timeout makes a
// second writer wait instead of failing.

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createClientError, createOptionError } from '../../options.ts'
import type { SqliteDatabase } from './sqlite-client.ts'
import { createPrivateFile, findPathToCreate } from './sqlite-create-private-file.ts'
import { findDriver } from './sqlite-find-driver.ts'
import type { OpenDatabase, OwnDatabase } from './sqlite-find-driver.ts'
import { assertRowsAreObjects, query } from './sqlite-prepare.ts'
import { createTable } from './sqlite-schema.ts'
import type { SqliteSettings } from './sqlite-options.ts'
import { prepareStatements } from './sqlite-statements.ts'
import type { Statements } from './sqlite-statements.ts'
import { WatchedFile } from './sqlite-watched-file.ts'

/** A database that is ready for use. */
export interface Connection {
  readonly database: SqliteDatabase
  /** Prepared once, for the life of the connection. */
  readonly statements: Statements
  /** Its place on the disk. */
  readonly file: WatchedFile
  /** Whether the store opened it, and can open it again. */
  readonly isOwn: boolean
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
    // Whatever the working folder is when it is opened, or opened again.
    const path = isPlainPath(pathOrDatabase) ? resolve(pathOrDatabase) : pathOrDatabase
    return () => openFile(open, path, settings)
  }
  const allowed = 'the path of a file, or a database with exec and prepare'
  if (pathOrDatabase === '') throw createOptionError('sqliteStore', pathOrDatabase, allowed)
  const database = pathOrDatabase as SqliteDatabase | null | undefined
  if (typeof database?.exec !== 'function' || typeof database.prepare !== 'function') {
    throw createClientError('sqliteStore', pathOrDatabase, allowed)
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

function isPlainPath(path: string): boolean {
  return path !== ':memory:' && !path.startsWith('file:')
}

/** SQLite creates a missing file but not its folder, and would say so only when the first session is saved. */
function assertFolderExists(path: string): void {
  if (isPlainPath(path) && !existsSync(dirname(path))) {
    throw createOptionError('sqliteStore', path, 'the path of a file in a folder that exists')
  }
}

/**
 * Opens the file at a path, sets it up and creates the table. Closes the file again if that fails.
 *
 * @throws {@link SessionConfigError} for a table of this name that cannot hold records, and the driver's errors.
 */
export function openFile(open: OpenDatabase, path: string, settings: SqliteSettings): Connection {
  const created = findPathToCreate(path)
  if (created !== undefined) createPrivateFile(created)
  const database = open(path)
  try {
    database.exec(`pragma busy_timeout = ${busyTimeout}`)
    database.exec('pragma journal_mode = wal')
    database.exec(`pragma synchronous = ${settings.synchronous ?? 'normal'}`)
    // Not `fast`: that leaves what fills whole pages, such as the data of a session of more than 4 kB.
    database.exec('pragma secure_delete = on')
    const connection = useDatabase(database, settings, created && resolve(created))
    return { ...connection, isOwn: true, close: () => closeFile(database, connection) }
  } catch (error) {
    database.close()
    throw error
  }
}

/** What has ended is gone from the log, too, even if another process keeps the file open. */
function closeFile(database: OwnDatabase, connection: Connection): void {
  try {
    query(database, 'pragma wal_checkpoint(truncate)')
  } finally {
    connection.close()
    database.close()
  }
}

/** Creates the table in a database that somebody else opened, without touching its settings. */
function useDatabase(database: SqliteDatabase, { table }: SqliteSettings, path?: string): Connection {
  assertRowsAreObjects(database)
  createTable(database, table)
  const statements = prepareStatements(database, table)
  return {
    database,
    statements,
    file: new WatchedFile(database, path),
    isOwn: false,
    close() {
      for (const statement of Object.values(statements)) statement.finalize?.()
    },
  }
}
