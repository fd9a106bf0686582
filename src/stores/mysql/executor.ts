// Sends statements and understands the answers of both drivers. A statement that the server has certainly
// not carried out is sent again; all other failures are passed on without the values that were bound.

import { SessionConfigError } from '../../errors.ts'
import type { SqlValue } from '../../sql/row.ts'
import { toBytes, toTextRow } from './bytes.ts'
import type { MysqlClient, MysqlStatement } from './client.ts'
import { errorNumberOf, toHarmlessError } from './driver-error.ts'

/**
 * The server has undone the statement, alone or with its transaction, which consists of nothing else: the row has
 * changed since it was read (1020), lock wait timeout (1205), deadlock (1213), to be prepared again (1615).
 */
const undone: ReadonlySet<number | undefined> = new Set([1020, 1205, 1213, 1615])

/** How often a statement is sent at most. */
const mostAttempts = 5

const noSuchTable = 1146

/** SERVER_STATUS_IN_TRANS of the protocol. */
const inTransaction = 1

/** What both drivers answer to a write, and mysql2's flags of the server. */
interface WriteResult {
  readonly affectedRows?: unknown
  readonly serverStatus?: number
}

/** Runs the store's statements on a pool or a connection. */
export class Executor {
  readonly #client: MysqlClient
  readonly #table: string

  constructor(client: MysqlClient, table: string) {
    this.#client = client
    this.#table = table
  }

  /** The rows that a statement finds, with text as strings. */
  async select(statement: MysqlStatement, values: readonly SqlValue[]): Promise<Record<string, unknown>[]> {
    const answer = await this.#send(statement, values)
    const rows: unknown = Array.isArray(answer) && Array.isArray(answer[0]) ? answer[0] : answer
    if (!Array.isArray(rows)) throw createAnswerError()
    return rows.map(toTextRow)
  }

  /**
   * How many rows a statement has written. Of an update that leaves a row as it is, the drivers'
   * settings decide whether it counts.
   */
  async write(statement: MysqlStatement, values: readonly SqlValue[]): Promise<number> {
    const answer = await this.#send(statement, values)
    const result = (Array.isArray(answer) ? answer[0] : answer) as WriteResult | undefined
    if (result?.affectedRows === undefined) throw createAnswerError()
    if (((result.serverStatus ?? 0) & inTransaction) !== 0) throw createTransactionError()
    return Number(result.affectedRows)
  }

  async #send(statement: MysqlStatement, values: readonly SqlValue[]): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#client.execute(statement, toBytes(values))
      } catch (error) {
        if (!undone.has(errorNumberOf(error)) || attempt === mostAttempts) throw this.#explain(error)
      }
    }
  }

  #explain(error: unknown): Error {
    const cause = toHarmlessError(error)
    if (errorNumberOf(error) !== noSuchTable) return cause
    const advice = 'run createSchema() of the store, or the statements of sql/mysql.sql'
    return new Error(`the table ${this.#table} does not exist: ${advice}`, { cause })
  }
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
