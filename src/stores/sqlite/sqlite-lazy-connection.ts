// A connection that is opened at the first use, so that constructing a store touches no file. When
// opening fails, the next use tries again.

import { SessionStateError } from '../../contract/errors.ts'
import type { Awaitable } from '../../contract/store.ts'
import type { Connection } from './sqlite-connection.ts'
import { retryWhileLocked } from './sqlite-retry-while-locked.ts'
import type { Statements } from './sqlite-statements.ts'
import type { WatchedFile } from './sqlite-watched-file.ts'

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
  read<Result>(run: (statements: Statements) => Result): Awaitable<Result> {
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
