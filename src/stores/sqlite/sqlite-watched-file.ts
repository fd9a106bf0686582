// The place of an open file. SQLite keeps working on a file that was deleted or replaced, and on a write-ahead log that
// was taken away, and reports nothing: what is written then is lost to every other process, and to this one when it starts
// again. A log goes, for one, when a second copy of SQLite in this process closes the file, because POSIX locks belong to
// the process (sqlite.org/howtocorrupt.html, section 2.2.1).

import { statSync } from 'node:fs'
import type { SqliteDatabase } from './sqlite-client.ts'
import { query } from './sqlite-prepare.ts'

/** For how many milliseconds a file that was in its place is not looked at again before a write. */
const lookEvery = 1000

/** Which file is at a path: its device and its inode. `undefined` when there is none. */
type Identity = string | undefined

/** The main file of an open database and its write-ahead log. */
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
