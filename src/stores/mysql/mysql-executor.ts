// Sends statements and understands the answers of both drivers. What the server has certainly not carried out is
// sent again; all other failures are passed on without the values that were bound.
//
// Text travels and is kept as bytes in UTF-8. As text, it would be converted to the character set of the
// connection and back, losing what that lacks, and compared by a collation: even the binary ones of
// MySQL and MariaDB ignore trailing spaces, except for two that only one of the two knows.

import { Buffer, isUtf8 } from 'node:buffer'
import { setTimeout as wait } from 'node:timers/promises'
import { SessionConfigError, SessionError } from '../../contract/errors.ts'
import type { SqlValue } from '../../sql/row.ts'
import type {
  MysqlClient,
  MysqlConnection,
  MysqlExecutor,
  MysqlStatement,
  MysqlValue,
} from './mysql-client.ts'
import { connectionsOf } from './mysql-connections.ts'
import type { Connections } from './mysql-connections.ts'
import { errorNumberOf, isUndone, toHarmlessError } from './mysql-driver-error.ts'

/** What a statement binds: also the bytes of a damaged row, which are not text. */
export type Bound = SqlValue | Uint8Array

/** For how long what was undone is sent again, in milliseconds: within the manager's default `timeout`. */
const patience = 1500

/** The first pause before that and the longest, each at most, in milliseconds. */
const [firstPause, longestPause] = [4, 250]

const [noSuchColumn, noSuchTable] = [1054, 1146]

/** SERVER_STATUS_IN_TRANS of the protocol. */
const inTransaction = 1

/** What both drivers answer to a write, and mysql2's flags of the server. */
interface WriteResult {
  readonly affectedRows?: unknown
  readonly serverStatus?: number
}

/** The statements of a transaction. */
export interface Transaction {
  /** The rows that a statement finds, with text as strings. */
  select(statement: MysqlStatement, values: readonly Bound[]): Promise<Record<string, unknown>[]>
  /**
   * How many rows a statement has written. Of an update that leaves a row as it is, the drivers'
   * settings decide whether it counts.
   */
  write(statement: MysqlStatement, values: readonly Bound[]): Promise<number>
}

/** Runs the store's statements, each as a transaction of its own, and transactions of several. */
export class Executor implements Transaction {
  readonly #connections: Connections
  readonly #table: string

  constructor(client: MysqlClient, table: string) {
    this.#connections = connectionsOf(client)
    this.#table = table
  }

  /** As {@link Transaction.select}. */
  select(statement: MysqlStatement, values: readonly Bound[]): Promise<Record<string, unknown>[]> {
    return this.#attempt(() => select(this.#connections, statement, values))
  }

  /** As {@link Transaction.write}; what it has written is committed. */
  write(statement: MysqlStatement, values: readonly Bound[]): Promise<number> {
    return this.#attempt(async () => {
      const { affectedRows, serverStatus = 0 } = await write(this.#connections, statement, values)
      if ((serverStatus & inTransaction) !== 0) throw createTransactionError()
      return Number(affectedRows)
    })
  }

  /** Runs `work` in a transaction and commits it; from the start again when the server has undone it. */
  transact<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.#run(work, (connection) => connection.commit())
  }

  /** Runs `work` in a transaction and undoes it. */
  rehearse(work: (transaction: Transaction) => Promise<void>): Promise<void> {
    return this.#run(work, (connection) => connection.rollback())
  }

  #run<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    end: (connection: MysqlConnection) => Promise<unknown>,
  ): Promise<Result> {
    return this.#attempt(() =>
      this.#connections.transact(async (connection) => {
        const result = await work({
          select: (statement, values) => select(connection, statement, values),
          write: async (statement, values) =>
            Number((await write(connection, statement, values)).affectedRows),
        })
        await end(connection)
        return result
      }),
    )
  }

  async #attempt<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await retryUndone(run)
    } catch (error) {
      throw error instanceof SessionError ? error : this.#explain(error)
    }
  }

  #explain(error: unknown): Error {
    const cause = toHarmlessError(error)
    const number = errorNumberOf(error)
    if (number === noSuchTable) {
      const advice = 'run createSchema() of the store, or the statements of sql/mysql.sql'
      return new Error(`the table ${this.#table} does not exist: ${advice}`, { cause })
    }
    if (number === noSuchColumn) {
      const advice = 'rename or drop it, which ends its sessions, and run createSchema() of the store'
      return new Error(
        `the table ${this.#table} lacks a column, as one of an earlier version does: ${advice}`,
        { cause },
      )
    }
    return cause
  }
}

/**
 * Runs again, after random pauses that grow, what failed because the server has undone it. Conflicts between
 * nodes of Galera come in bursts and outlast a few attempts without a pause.
 *
 * @throws the driver's error, the last one if it does not get through within {@link patience}.
 */
async function retryUndone<Result>(run: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + patience
  for (let longest = firstPause; ; longest = Math.min(longest * 2, longestPause)) {
    try {
      return await run()
    } catch (error) {
      const pause = Math.random() * longest
      if (!isUndone(error) || performance.now() + pause > deadline) throw error
      await wait(pause)
    }
  }
}

async function select(
  on: MysqlExecutor,
  statement: MysqlStatement,
  values: readonly Bound[],
): Promise<Record<string, unknown>[]> {
  const answer = await on.execute(statement, toBytes(values))
  const rows: unknown = Array.isArray(answer) && Array.isArray(answer[0]) ? answer[0] : answer
  if (!Array.isArray(rows)) throw createAnswerError()
  return rows.map(toTextRow)
}

async function write(
  on: MysqlExecutor,
  statement: MysqlStatement,
  values: readonly Bound[],
): Promise<WriteResult> {
  const answer = await on.execute(statement, toBytes(values))
  const result = (Array.isArray(answer) ? answer[0] : answer) as WriteResult | undefined
  if (result?.affectedRows === undefined) throw createAnswerError()
  return result
}

/** The values as they are bound. */
function toBytes(values: readonly Bound[]): MysqlValue[] {
  return values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value))
}

/** A row with text instead of bytes, except where the bytes are not text: such a row is damaged. */
export function toTextRow(row: object): Record<string, unknown> {
  const entries = Object.entries(row).map(([column, value]: [string, unknown]) => [
    column,
    Buffer.isBuffer(value) && isUtf8(value) ? value.toString() : value,
  ])
  return Object.fromEntries(entries)
}

/** Both drivers have an interface with callbacks too, whose functions return something else. */
function createAnswerError(): SessionConfigError {
  return new SessionConfigError(
    'mysqlStore: the client answers like neither mysql2/promise nor mariadb; callback interfaces do not work',
  )
}

/** Whatever was written may still be undone, with the transaction that it is a part of. */
function createTransactionError(): SessionConfigError {
  return new SessionConfigError(
    'mysqlStore: received a client in a transaction, or without autocommit; allowed is one that commits each statement',
  )
}
