// Which SQLite there is. Node and Bun each bring one; it is looked for at construction, so that a
// server that cannot keep sessions does not start.

import { SessionConfigError } from '../../errors.ts'
import type { SqliteDatabase } from './client.ts'

/** A database that the store opened itself and therefore closes. */
interface OwnDatabase extends SqliteDatabase {
  close(): unknown
}

/** Opens the database file at a path, and makes it when it is missing. */
export type OpenDatabase = (path: string) => OwnDatabase

type DatabaseClass = new (path: string) => OwnDatabase

/**
 * Finds the runtime's own SQLite: `bun:sqlite` under Bun, `node:sqlite` elsewhere. Not an import, so
 * that the store also loads where there is neither and takes the database it is given.
 *
 * @throws {@link SessionConfigError} when the runtime has none.
 */
export function findDriver(): OpenDatabase {
  const load = globalThis.process?.getBuiltinModule as ((name: string) => object | undefined) | undefined
  const bun = globalThis.process?.versions?.['bun'] === undefined ? undefined : load?.('bun:sqlite')
  const modules = { ...load?.('node:sqlite'), ...bun } as {
    Database?: DatabaseClass
    DatabaseSync?: DatabaseClass
  }
  const Database = modules.Database ?? modules.DatabaseSync
  if (Database === undefined) {
    throw new SessionConfigError(
      'sqliteStore: this runtime has no SQLite of its own (Node.js has one from version 22.13 on). ' +
        'Open the file with better-sqlite3 and pass that database instead of a path',
    )
  }
  return (path) => new Database(path)
}
