// The connection on which the verbs run their statements. It is opened at the first use, so that constructing a store
// touches no file, and looks from time to time whether its file is still there. How it is opened: sqlite-open.ts.

import { statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { SessionStateError } from '../../contract/errors.ts'
import type { Awaitable } from '../../contract/store.ts'
import { query } from './sqlite-client.ts'
import type { SqliteDatabase } from './sqlite-client.ts'
import type { SqliteStatements } from './sqlite-statements.ts'

/** A database that is ready for use. */
export interface Connection {
  readonly database: SqliteDatabase
  /** Prepared once, for the life of the connection. */
  readonly statements: SqliteStatements
  /** Its place on the disk. */
  readonly file: WatchedFile
  /** Whether the store opened it, and can open it again. */
  readonly isOwn: boolean
  /** Releases the statements, and the file if the store opened it. */
  close(): void
}

/** How often a statement is sent again while the file is locked. The waits between add up to a second at most. */
const maxRetries = 8

/**
 * SQLite's result code for a file that another connection has locked: nothing was written. Extended codes say
 * more in their higher bytes, such as that another process is recovering the file after a crash.
 */
const lockedCode = 5

/** For how many milliseconds a file that was in its place is not looked at again before a write. */
const lookEvery = 1000

/** Which file is at a path: its device and its inode. `undefined` when there is none. */
type Identity = string | undefined

/**
 * Opens at the first use, and never again once it has been closed. A file of the store's own that is no longer in its
 * place is given up with an error, and the next use opens what is at the path then.
 */
export class LazyConnection {
  readonly #connect: () => Connection
  #connection: Connection | undefined
  #isClosed = false

  constructor(connect: () => Connection) {
    this.#connect = connect
  }

  /**
   * Runs statements that only read, again while another process has locked the file.
   *
   * @throws {@link SessionStateError} after {@link close}, and the driver's errors.
   */
  read<Result>(run: (statements: SqliteStatements) => Result): Awaitable<Result> {
    return retryWhileLocked(() => run(this.#open().statements))
  }

  /**
   * The same for what writes. At most a second after the last time it looks whether the file is in its place.
   *
   * @throws as {@link read}, and an error when the file is not in its place.
   */
  write<Result>(run: (connection: Connection) => Result): Awaitable<Result> {
    return this.#runInPlace((file) => file.lookSometimes(), run)
  }

  /**
   * The same for what is to find trouble, or is rare: it always looks.
   *
   * @throws as {@link write}.
   */
  examine<Result>(run: (connection: Connection) => Result): Awaitable<Result> {
    return this.#runInPlace((file) => file.look(), run)
  }

  #runInPlace<Result>(
    look: (file: WatchedFile) => void,
    run: (connection: Connection) => Result,
  ): Awaitable<Result> {
    return retryWhileLocked(() => {
      const connection = this.#open()
      try {
        look(connection.file)
      } catch (error) {
        if (connection.isOwn) this.#giveUp(connection)
        throw error
      }
      return run(connection)
    })
  }

  /**
   * The open connection.
   *
   * @throws {@link SessionStateError} after {@link close}, and the driver's error when opening fails.
   */
  #open(): Connection {
    if (this.#isClosed) throw new SessionStateError('this SQLite store is closed')
    this.#connection ??= this.#connect()
    return this.#connection
  }

  /** SQLite itself then neither merges nor deletes a log by its name if the file was moved. */
  #giveUp(connection: Connection): void {
    this.#connection = undefined
    try {
      connection.close()
    } catch {
      // That the file is gone says more.
    }
  }

  /** Closes the connection if there is one. May be called twice. */
  close(): void {
    this.#isClosed = true
    this.#connection?.close()
    this.#connection = undefined
  }
}

/**
 * Runs statements at once, or some more times, with random waits that double, while another process has
 * locked the file. A short wait for it blocks the event loop (`busy_timeout`), which is cheapest; a longer one
 * must not, because it would stop every request.
 *
 * @throws the driver's error, the last one if the file stays locked.
 */
function retryWhileLocked<Result>(run: () => Result): Awaitable<Result> {
  try {
    return run()
  } catch (error) {
    if (!isLocked(error)) throw error
    return retry(run)
  }
}

async function retry<Result>(run: () => Result): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    await wait(Math.random() * 2 ** (attempt + 1))
    try {
      return run()
    } catch (error) {
      if (!isLocked(error) || attempt === maxRetries) throw error
    }
  }
}

/** How the drivers report SQLITE_BUSY: node:sqlite as `errcode`, bun:sqlite and better-sqlite3 as `code`. */
function isLocked(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  return (
    (typeof errcode === 'number' && (errcode & 0xff) === lockedCode) ||
    (typeof code === 'string' && code.startsWith('SQLITE_BUSY'))
  )
}

/**
 * The place of an open file and its write-ahead log. SQLite keeps working on a file that was deleted or replaced,
 * and on a log that was taken away, and reports nothing: what is written then is lost to every other process, and
 * to this one when it starts again. A log goes, for one, when a second copy of SQLite in this process closes the
 * file, because POSIX locks belong to the process (sqlite.org/howtocorrupt.html, section 2.2.1).
 */
export class WatchedFile {
  readonly #database: SqliteDatabase
  /** Where SQLite has opened it, with links resolved; `''` when it is in memory. */
  readonly #location: string
  readonly #path: string
  readonly #identity: Identity
  #logIdentity: Identity
  #nextLook: number

  /**
   * Remembers what is in its place now.
   *
   * @param path - Where other processes look for it, if it differs from where SQLite says it is.
   */
  constructor(database: SqliteDatabase, path?: string) {
    const main = query(database, 'pragma database_list').find(({ name }) => name === 'main')
    this.#database = database
    this.#location = typeof main?.['file'] === 'string' ? main['file'] : ''
    this.#path = path ?? this.#location
    this.#identity = this.#location === '' ? undefined : identify(this.#path)
    this.#logIdentity = this.#identifyLog()
    this.#nextLook = performance.now() + lookEvery
  }

  /**
   * Looks, unless that was done less than a second ago and the file was in its place.
   *
   * @throws Error as {@link look} does.
   */
  lookSometimes(): void {
    if (performance.now() >= this.#nextLook) this.look()
  }

  /**
   * Looks whether the file and its log are still in their place.
   *
   * @throws Error saying which is not.
   */
  look(): void {
    if (this.#identity === undefined) return
    this.#nextLook = 0
    if (identify(this.#path) !== this.#identity) throw createError('the file', this.#path)
    const logIdentity = this.#identifyLog()
    // An application may change the journal mode of a database that is its own.
    const isSame = logIdentity === this.#logIdentity || this.#logIdentity === undefined
    if (!isSame && this.#usesLog()) throw createError('the write-ahead log', `${this.#location}-wal`)
    this.#logIdentity = logIdentity
    this.#nextLook = performance.now() + lookEvery
  }

  #identifyLog(): Identity {
    return this.#identity !== undefined && this.#usesLog() ? identify(`${this.#location}-wal`) : undefined
  }

  #usesLog(): boolean {
    return query(this.#database, 'pragma journal_mode')[0]?.['journal_mode'] === 'wal'
  }
}

function identify(path: string): Identity {
  const status = statSync(path, { throwIfNoEntry: false })
  return status && `${status.dev}:${status.ino}`
}

function createError(what: string, path: string): Error {
  return new Error(
    `sqliteStore: ${what} ${path} was deleted or replaced while it was open. What was written since is not there. ` +
      'Replace it only while no process uses it, and open it with one copy of SQLite in each process',
  )
}
