import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before } from 'node:test'
import type { SqliteDatabase } from '../../src/stores/sqlite.ts'

/** A database that a test has opened and closes. */
export interface OpenedDatabase extends SqliteDatabase {
  close(): unknown
}

type Open = (path: string, options?: { readonly isReadOnly: boolean }) => OpenedDatabase

const BetterSqlite = createRequire(import.meta.url)('better-sqlite3') as new (
  path: string,
  options: { readonly: boolean },
) => OpenedDatabase

/** How to open a file with each driver. */
export const drivers: Readonly<Record<string, Open>> = {
  'node:sqlite': (path, { isReadOnly = false } = { isReadOnly: false }) =>
    new DatabaseSync(path, { readOnly: isReadOnly }),
  'better-sqlite3': (path, { isReadOnly = false } = { isReadOnly: false }) =>
    new BetterSqlite(path, { readonly: isReadOnly }),
}

/** Makes a folder for the tests of a file. The returned function names a new file in it at each call. */
export function useFolder(): () => string {
  let folder = ''
  let files = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coatcheck-sqlite-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))
  return () => {
    files += 1
    return join(folder, `sessions-${files}.db`)
  }
}

/** Removes a database, its write-ahead log included. */
export function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
}

/** The number of rows in the table of a store. */
export function countRows(database: SqliteDatabase): number {
  const row = database.prepare('select count(*) as rows from coatcheck_sessions').get()
  return (row as { rows: number }).rows
}
