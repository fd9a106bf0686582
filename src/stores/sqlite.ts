// The store for one machine: a file, no server, several processes. SQLite runs one statement at a
// time per file, so each verb is a single statement that carries its own condition, and the
// contract's atomic steps are SQLite's. Statements are in statements.ts, the table in schema.ts,
// values in row.ts.

import type { Closable, Enumerable, ExpirySweep, Pingable, UserIndex } from '../capabilities.ts'
import { SessionStateError } from '../errors.ts'
import { createOptionError } from '../options.ts'
import type { SessionStore } from '../store.ts'
import type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite/client.ts'
import { openFile, useDatabase } from './sqlite/connection.ts'
import type { Connection } from './sqlite/connection.ts'
import { findDriver } from './sqlite/find-driver.ts'
import { toChanges, toListedRecord, toRecord, toRow } from './sqlite/row.ts'
import { readSqliteOptions } from './sqlite/sqlite-options.ts'
import type { SqliteSettings, SqliteStoreOptions } from './sqlite/sqlite-options.ts'
import type { Statements } from './sqlite/statements.ts'

export type { SqliteDatabase, SqliteStatement, SqliteStoreOptions, SqliteValue }

/**
 * A store in an SQLite database. It answers at once; several processes of one machine may share the file.
 *
 * @example
 * ```ts
 * const store: SqliteStore = sqliteStore('sessions.sqlite')
 * const count = await store.countByUser('u_123', Date.now())
 * ```
 */
export interface SqliteStore extends SessionStore, UserIndex, ExpirySweep, Enumerable, Closable, Pingable {}

/**
 * Keeps sessions in an SQLite database. Each verb is one statement, so all promises hold among the
 * processes that share the file.
 *
 * A path is opened at the first use, in WAL mode, with the SQLite of Node.js (from 22.13) or Bun. Or
 * pass an open database of `node:sqlite`, `better-sqlite3` or `bun:sqlite`: it keeps its settings,
 * `close` leaves it open, and for several processes it needs a `busy_timeout`. Pass a connection of
 * its own when the application holds transactions open: a rollback would take sessions with it.
 *
 * The driver's errors are thrown as they are; after `close` every verb throws `SessionStateError`.
 *
 * @throws {@link SessionConfigError} for an unknown or unacceptable option, or without any SQLite.
 *
 * @example
 * ```ts
 * const sessions = createSessionManager({ store: sqliteStore('/var/lib/shop/sessions.db') })
 * ```
 */
export function sqliteStore(
  pathOrDatabase: string | SqliteDatabase,
  options: SqliteStoreOptions = {},
): SqliteStore {
  const settings = readSqliteOptions(options, typeof pathOrDatabase === 'string')
  const connect = connector(pathOrDatabase, settings)
  let connection: Connection | undefined
  let closed = false

  /** Opens at the first use. @throws {@link SessionStateError} after `close` */
  function statements(): Statements {
    if (closed) throw new SessionStateError('This SQLite store is closed')
    connection ??= connect()
    return connection.statements
  }

  return {
    sweepEvery: settings.sweepEvery,
    create: (record) => wrote(statements().create, toRow(record)),
    read(key, now) {
      const row = statements().read.get(key, now)
      return row === undefined || row === null ? undefined : toRecord(row)
    },
    commit: (key, expected, change, now) =>
      wrote(statements().commit, [...toChanges(change), key, expected.version, expected.commitId, now]),
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      wrote(statements().touch, [lastSeenAt, idleExpiresAt, key, now]),
    delete: (key) => wrote(statements().delete, [key]),
    listByUser: (userId, now) => statements().listByUser.all(userId, now).map(toListedRecord),
    countByUser: (userId, now) => countLive(statements().countByUser.all(userId, now)),
    deleteOwned: (userId, key) => wrote(statements().deleteOwned, [key, userId]),
    deleteByUser: (userId, now) => countLive(statements().deleteByUser.all(userId, now)),
    sweep: (before, limit) => statements().sweep.all(before, limit).length === limit,
    enumerate(cursor, limit, now) {
      const records = statements()
        .enumerate.all(cursor ?? '', now, limit)
        .map(toRecord)
      const last = records[limit - 1]
      return last === undefined ? { records } : { records, cursor: last.key }
    },
    ping: () => void statements().ping.get(),
    close() {
      closed = true
      connection?.close()
      connection = undefined
    },
  }
}

/** `all` and not `get`: a statement that is stopped at its first row can hide that its commit failed. */
function wrote(statement: SqliteStatement, parameters: SqliteValue[]): boolean {
  return statement.all(...parameters).length > 0
}

/** Drivers answer a count as number or as bigint. */
function countLive(rows: unknown[]): number {
  return rows.reduce<number>((sum, row) => sum + Number((row as { live: number | bigint }).live), 0)
}

/** How to come to a connection: by opening a file, or with a database that was given. */
function connector(pathOrDatabase: string | SqliteDatabase, settings: SqliteSettings): () => Connection {
  if (typeof pathOrDatabase === 'string' && pathOrDatabase !== '') {
    const open = findDriver()
    return () => openFile(open, pathOrDatabase, settings)
  }
  const database = pathOrDatabase as SqliteDatabase | null | undefined
  if (typeof database?.exec !== 'function' || typeof database.prepare !== 'function') {
    throw createOptionError(
      'sqliteStore',
      pathOrDatabase,
      'the path of a file, or a database with exec and prepare',
    )
  }
  return () => useDatabase(database, settings)
}
