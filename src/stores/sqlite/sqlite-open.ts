// How the store gets a database: by opening a file of its own, or by using one that the application
// has opened. Write-ahead logging lets others read while one process writes; the busy timeout makes a
// second writer wait instead of failing.

import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { SessionConfigError } from '../../contract/errors.ts'
import { createClientError, createOptionError } from '../../options.ts'
import { query } from './sqlite-client.ts'
import type { SqliteDatabase } from './sqlite-client.ts'
import { WatchedFile } from './sqlite-connection.ts'
import type { Connection } from './sqlite-connection.ts'
import type { SqliteSettings } from './sqlite-options.ts'
import { createTable } from './sqlite-schema.ts'
import { prepareStatements } from './sqlite-statements.ts'

/** A database that the store has opened itself and must therefore close. */
interface OwnDatabase extends SqliteDatabase {
  close(): unknown
}

/** Opens the database file at a path, creating it if missing. */
export type OpenDatabase = (path: string) => OwnDatabase

type DatabaseClass = new (path: string) => OwnDatabase

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

/**
 * Refuses a driver whose rows cannot be read. Otherwise the first to notice would be a visitor who comes back.
 *
 * @throws {@link SessionConfigError} naming what sets it.
 */
function assertRowsAreObjects(database: SqliteDatabase): void {
  const [row] = query(database, 'select 1 as one')
  if (Number(row?.['one']) === 1) return
  const received = Array.isArray(row) ? 'arrays' : `a ${typeof row}`
  throw new SessionConfigError(
    `sqliteStore: received a database that returns rows as ${received}; allowed is one that returns objects by column ` +
      'name: open it without returnArrays, raw and pluck',
  )
}

/**
 * Finds the runtime's own SQLite: `bun:sqlite` under Bun, `node:sqlite` elsewhere. At construction, so that a server
 * that cannot store sessions does not start. Not an import, so that the store also loads, and accepts an open
 * database, in a runtime that has neither.
 *
 * @throws {@link SessionConfigError} when the runtime has none.
 */
function findDriver(): OpenDatabase {
  const load = globalThis.process?.getBuiltinModule as ((name: string) => object | undefined) | undefined
  const bun = globalThis.process?.versions?.['bun'] === undefined ? undefined : load?.('bun:sqlite')
  const modules = { ...load?.('node:sqlite'), ...bun } as {
    Database?: DatabaseClass
    DatabaseSync?: DatabaseClass
  }
  const Database = modules.Database ?? modules.DatabaseSync
  if (Database === undefined) {
    throw new SessionConfigError(
      'sqliteStore: this runtime has no SQLite of its own (Node.js has one since version 22.13). ' +
        'Open the file with better-sqlite3 and pass that database instead of a path',
    )
  }
  return (path) => new Database(path)
}

/**
 * Creates an empty file, which SQLite takes for a new database, unless there is one. It is for its owner only:
 * users' data and ids are in it as plain text. SQLite would make it readable for every account, and gives its
 * write-ahead log the mode of the database.
 */
function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Not even opened: closing a file gives up the locks that this process has on it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/**
 * Where the file of a path or `file:` URI is (sqlite.org/uri.html), or would be created. `undefined` when it is in
 * memory, and when the URI says that it must exist.
 */
function findPathToCreate(pathOrUri: string): string | undefined {
  if (pathOrUri === ':memory:') return undefined
  if (!pathOrUri.startsWith('file:')) return pathOrUri
  const [, path = '', parameters] =
    /^file:(?:\/\/(?:localhost)?(?=\/))?([^?#]*)\??([^#]*)/.exec(pathOrUri) ?? []
  const mode = new URLSearchParams(parameters).get('mode')
  const isMade = path !== '' && path !== ':memory:' && (mode === null || mode === 'rwc')
  return isMade ? decodeURIComponent(path) : undefined
}
