// A connection that is opened at the first use, so that constructing a store touches no file. When
// opening fails, the next use tries again.

import { SessionStateError } from '../../errors.ts'
import type { Awaitable } from '../../store.ts'
import type { Connection } from './connection.ts'
import { retryWhileLocked } from './retry-while-locked.ts'
import type { Statements } from './statements.ts'

/** Opens at the first use, and never again once it has been closed. */
export class LazyConnection {
  readonly #connect: () => Connection
  #connection: Connection | undefined
  #isClosed = false

  constructor(connect: () => Connection) {
    this.#connect = connect
  }

  /**
   * Runs statements on the open connection, again while another process has locked the file.
   *
   * @throws {@link SessionStateError} after {@link close}, and the driver's errors.
   */
  use<Result>(run: (statements: Statements) => Result): Awaitable<Result> {
    return retryWhileLocked(() => run(this.#openStatements()))
  }

  /**
   * The statements of the open connection.
   *
   * @throws {@link SessionStateError} after {@link close}, and the driver's error when opening fails.
   */
  #openStatements(): Statements {
    if (this.#isClosed) throw new SessionStateError('this SQLite store is closed')
    this.#connection ??= this.#connect()
    return this.#connection.statements
  }

  /** Closes the connection if there is one. May be called twice. */
  close(): void {
    this.#isClosed = true
    this.#connection?.close()
    this.#connection = undefined
  }
}
