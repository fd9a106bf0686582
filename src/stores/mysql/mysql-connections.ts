// Where statements and transactions run. A pool lends a connection for each transaction. A single connection has
// one transaction at a time, and whatever else is sent meanwhile would become a part of it, so it waits.

import type { MysqlClient, MysqlConnection, MysqlExecutor, MysqlPool } from './mysql-client.ts'

/** What a transaction consists of. It ends with a `commit` or a `rollback` of its own. */
type Work<Result> = (connection: MysqlConnection) => Promise<Result>

/** A pool or a connection, with transactions. */
export interface Connections extends MysqlExecutor {
  /**
   * Runs `work` in a transaction on one connection, which is free again afterwards whatever happens. When `work`
   * fails, all is undone; a connection that does not even confirm that is cut.
   */
  transact<Result>(work: Work<Result>): Promise<Result>
}

/** The connections of a client. */
export function connectionsOf(client: MysqlClient): Connections {
  return 'getConnection' in client ? new Pooled(client) : new Alone(client)
}

class Pooled implements Connections {
  readonly #pool: MysqlPool

  constructor(pool: MysqlPool) {
    this.#pool = pool
  }

  execute(...statement: Parameters<MysqlExecutor['execute']>): Promise<unknown> {
    return this.#pool.execute(...statement)
  }

  async transact<Result>(work: Work<Result>): Promise<Result> {
    const connection = await this.#pool.getConnection()
    let result: Result
    try {
      result = await runTransaction(connection, work)
    } catch (error) {
      if (await undo(connection)) giveBack(connection)
      throw error
    }
    giveBack(connection)
    return result
  }
}

class Alone implements Connections {
  readonly #connection: MysqlConnection
  /** Settles when the transaction under way has ended. */
  #transaction: Promise<unknown> | undefined

  constructor(connection: MysqlConnection) {
    this.#connection = connection
  }

  async execute(...statement: Parameters<MysqlExecutor['execute']>): Promise<unknown> {
    // Whoever waited longer may have begun another transaction.
    while (this.#transaction !== undefined) await this.#transaction
    return this.#connection.execute(...statement)
  }

  async transact<Result>(work: Work<Result>): Promise<Result> {
    while (this.#transaction !== undefined) await this.#transaction
    const running = this.#run(work)
    this.#transaction = running.catch(() => {}).finally(() => (this.#transaction = undefined))
    return running
  }

  async #run<Result>(work: Work<Result>): Promise<Result> {
    try {
      return await runTransaction(this.#connection, work)
    } catch (error) {
      await undo(this.#connection)
      throw error
    }
  }
}

async function runTransaction<Result>(connection: MysqlConnection, work: Work<Result>): Promise<Result> {
  await connection.beginTransaction()
  return work(connection)
}

/** Undoes what was not committed, if need be by cutting the connection. Returns whether it can be used again. */
async function undo(connection: MysqlConnection): Promise<boolean> {
  try {
    await connection.rollback()
    return true
  } catch {
    connection.destroy()
    return false
  }
}

/** What a driver does with a connection that was given back is no matter of the transaction, which has ended. */
function giveBack(connection: { release(): unknown }): void {
  Promise.resolve(connection.release()).catch(() => {})
}
