// Finds the SQLite that Node.js or Bun includes. This happens at construction, so that a server that
// cannot store sessions does not start.

import { SessionConfigError } from '../../contract/errors.ts'
import type { SqliteDatabase } from './sqlite-client.ts'

/** A database that the store has opened itself and must therefore close. */
export interface OwnDatabase extends SqliteDatabase {
  close(): unknown
}

/** Opens the database file at a path, creating it if missing. */
export type OpenDatabase = (path: string) => OwnDatabase

type DatabaseClass = new (path: string) => OwnDatabase

/**
 * Finds the runtime's own SQLite: `bun:sqlite` under Bun, `node:sqlite` elsewhere. Not an import, so
 * that the store also loads, and accepts an open database, in a runtime that has neither.
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
      'sqliteStore: this runtime has no SQLite of its own (Node.js has one since version 22.13). ' +
        'Open the file with better-sqlite3 and pass that database instead of a path',
    )
  }
  return (path) => new Database(path)
}
