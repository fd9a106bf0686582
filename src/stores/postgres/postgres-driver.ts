// Runs statements on every driver alike: again where nothing was done, and with errors that are safe to show.

import { createHash } from 'node:crypto'
import { SessionConfigError } from '../../contract/errors.ts'
import { createClientError, createOptionError, hearErrors } from '../../options.ts'
import type { SqlValue } from '../../sql/row.ts'
import type { PostgresClient, PostgresJsClient, PostgresQueryClient } from './postgres-client.ts'
import { createStoreError, isOutdatedPlan, isUnexecuted } from './postgres-driver-error.ts'

/** A statement, and the columns of its rows: all of them text, so that no driver's types for numbers matter. */
export interface Statement {
  readonly text: string
  readonly columns: readonly string[]
  /**
   * Whether the answer says that nothing was done because another transaction came in between, so that
   * the statement must be sent again. Absent: never.
   */
  readonly isOvertaken?: (rows: readonly unknown[]) => boolean
}

/** Runs a statement and returns its rows by column name. */
export type RunStatement = (statement: Statement, values?: SqlValue[]) => Promise<readonly unknown[]>

/** Runs a statement once and returns its rows by column name. */
type Send = (statement: Statement, values: SqlValue[]) => Promise<readonly unknown[]>

/** What else clients have, to tell them apart. */
type AnyClient = PostgresJsClient & PostgresQueryClient & { exec(): unknown }

/** How `pg` takes a statement with a name. */
interface NamedQueryClient {
  query(statement: {
    name: string
    text: string
    values: SqlValue[]
  }): ReturnType<PostgresQueryClient['query']>
}

/** The bound of the first pause in milliseconds, which doubles with each attempt, and of the longest. */
const [firstPause, longestPause] = [2, 128]

/**
 * The pauses of a statement take 1.5 s at most, less than the manager's `timeout` by default. They are counted, not
 * measured: whoever waits in line for a connection has not tried meanwhile.
 */
const mostAttempts = 18

/** The statement found each time that another had come in between. */
class OvertakenError extends Error {
  readonly code = '40001'
  constructor() {
    super('other logins of this user came in between each time')
  }
}

/**
 * Creates the function that runs the statements of a store on a client.
 *
 * That function throws a `TypeError` for text that is not well-formed, which drivers alter on the way, and a copy of
 * the driver's error without what it was about.
 *
 * @param name - The table, as it appears in statements.
 * @throws {@link SessionConfigError} as {@link createSender} does.
 */
export function createRunner(
  client: PostgresClient,
  prepare: boolean | undefined,
  name: string,
): RunStatement {
  const send = createSender(client, prepare)
  return async (statement, values = []) => {
    if (values.some((value) => typeof value === 'string' && !value.isWellFormed())) {
      throw new TypeError('PostgreSQL stores only well-formed text, without lone surrogates')
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await sendOnce(send, statement, values)
      } catch (error) {
        if (attempt === mostAttempts || !isUnexecuted(error)) throw createStoreError(error, name)
        await pauseAfter(attempt)
      }
    }
  }
}

/** Waits for a random time from 0 to a bound that grows, so that those who fail together do not meet again. */
async function pauseAfter(attempt: number): Promise<void> {
  const bound = Math.min(firstPause * 2 ** (attempt - 1), longestPause)
  await new Promise((resolve) => setTimeout(resolve, Math.random() * bound))
}

async function sendOnce(send: Send, statement: Statement, values: SqlValue[]): Promise<readonly unknown[]> {
  const rows = await send(statement, values)
  if (statement.isOvertaken?.(rows)) throw new OvertakenError()
  return rows
}

/**
 * Chooses how to talk to a client. Without names for statements a pooler may give each to another
 * connection of the server.
 *
 * @throws {@link SessionConfigError} for anything but a client, and for names with PGlite, which has none.
 */
function createSender(client: PostgresClient, prepare: boolean | undefined): Send {
  const given = client as Partial<AnyClient> | null | undefined
  if (typeof given?.unsafe === 'function') return createPostgresJsSender(client as PostgresJsClient, prepare)
  if (typeof given?.query !== 'function') {
    const allowed = 'a Pool or Client of pg, an sql of postgres, or a PGlite'
    throw createClientError('postgresStore', client, allowed)
  }
  if (prepare && typeof given.exec === 'function') {
    throw createOptionError('postgresStore.prepare', prepare, 'false with PGlite')
  }
  hearErrors(given)
  const send = createQuerySender(client as PostgresQueryClient, prepare)
  return typeof given.exec === 'function' ? refuseByteOrderMarks(send) : send
}

function createQuerySender(client: PostgresQueryClient, prepare = false): Send {
  if (prepare) return createNamedSender(client as unknown as NamedQueryClient)
  return async ({ text }, values) => (await client.query(text, values)).rows
}

/**
 * A name belongs to one text for the life of a connection, which other stores may use as well. The driver would use a
 * name for ever that the server cannot run any more, so the text gets another.
 */
function createNamedSender(client: NamedQueryClient): Send {
  const names = new Map<string, string>()
  let renamed = 0
  return async ({ text }, values) => {
    const first = `coatcheck_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
    const name = names.get(text) ?? first
    names.set(text, name)
    try {
      return (await client.query({ name, text, values })).rows
    } catch (error) {
      // Others may have failed under the same name, and found another by now.
      if (isOutdatedPlan(error) && names.get(text) === name) {
        renamed += 1
        names.set(text, `${first}_${renamed}`)
      }
      throw error
    }
  }
}

/**
 * PGlite reads text without the byte order mark that it begins with, and the session of one user would become
 * that of another.
 */
function refuseByteOrderMarks(send: Send): Send {
  return async (statement, values) => {
    if (values.some((value) => typeof value === 'string' && value.startsWith('\ufeff'))) {
      throw new TypeError('PGlite alters text that begins with a byte order mark')
    }
    return send(statement, values)
  }
}

/**
 * Without a name this driver needs two round trips for a statement.
 *
 * @throws {@link SessionConfigError} for a function that alters rows, which nothing gets past.
 */
function createPostgresJsSender(client: PostgresJsClient, prepare = client.options?.prepare ?? false): Send {
  if (typeof client.options?.transform?.row?.from === 'function') {
    throw new SessionConfigError(
      'postgresStore: received a client with the option transform.row; allowed is one without',
    )
  }
  return async ({ text, columns }, values) => {
    const rows = await client.unsafe(text, values, { prepare }).raw()
    return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, toText(row[index])])))
  }
}

/** The text of a value, as the driver would read it. */
function toText(value: unknown): string | null {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
    : null
}
