// The store for a single machine: one file, no server, several processes. Each verb is a single
// statement that contains its own condition, and SQLite applies a statement atomically; only the limit of
// sessions per user takes a transaction. The verbs are in sql/sql-store.ts, their statements in sqlite-statements.ts.

import type { Closable, Enumerable, ExpirySweep, Pingable, UserIndex } from '../../contract/capabilities.ts'
import { joinLimits } from '../../contract/limited-writes.ts'
import type { SessionStore } from '../../contract/store.ts'
import { createSqlVerbs } from '../../sql/sql-store.ts'
import type { SqliteDatabase } from './sqlite-client.ts'
import { LazyConnection } from './sqlite-connection.ts'
import { deleteInBatches } from './sqlite-delete-in-batches.ts'
import { createConnector } from './sqlite-open.ts'
import { readSqliteOptions } from './sqlite-options.ts'
import type { SqliteStoreOptions } from './sqlite-options.ts'
import { ping } from './sqlite-ping.ts'
import { createUserEndings } from './sqlite-user-endings.ts'

/**
 * A store in an SQLite database, which several processes on one machine may share. It answers at once, or
 * with a promise when another process has locked the file.
 */
export interface SqliteStore extends SessionStore, UserIndex, ExpirySweep, Enumerable, Closable, Pingable {}

/**
 * Keeps sessions in an SQLite database. Each verb is one statement or one transaction, so all promises hold across
 * the processes that share the file. One that finds the file locked by another process waits for it, up to
 * a tenth of a second as a blocking call, then a second more without blocking.
 *
 * A path is opened at the first use, in WAL mode, with the SQLite of Node.js (22.13 or later) or Bun. A file that it
 * makes is for its owner only (mode 0600), and what was deleted is overwritten in it (`secure_delete`).
 * Alternatively pass an open database of `node:sqlite`, `better-sqlite3` or `bun:sqlite`: it keeps its
 * settings, `close` leaves it open, and with several processes it needs a `busy_timeout`. Give the
 * store a connection of its own if the application uses transactions: a rollback would undo sessions.
 *
 * The driver's errors are passed through; after `close` every verb throws `SessionStateError`. A file that was deleted
 * or replaced is noticed by `ping`, by a sweep and, at most a second after the last look, by what writes: that
 * call fails, and the next one opens what is at the path. A table of another layout is refused at the first use.
 *
 * @throws {@link SessionConfigError} for an unknown or unacceptable option, or if there is no SQLite.
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
  const settings = readSqliteOptions(options)
  const connection = new LazyConnection(createConnector(pathOrDatabase, settings))
  const verbs = createSqlVerbs({
    select: (verb, values) => connection.read((statements) => statements[verb].all(...values)),
    // Not `get`, after which a driver may never report that the commit failed.
    write: (verb, values) => connection.write(({ statements }) => statements[verb].all(...values).length),
  })
  return joinLimits({
    ...verbs,
    ...createUserEndings(connection),
    sweepEvery: settings.sweepEvery,
    sweep: (before, limit) =>
      connection.examine(({ statements }) => {
        return deleteInBatches((size) => statements.sweep.all(before, size), limit).hasMore
      }),
    ping: () => connection.examine(ping),
    close: () => connection.close(),
  })
}
