// One way to run a statement on every driver.

import { SessionConfigError } from '../../errors.ts'
import type { SqlValue } from '../../sql/row.ts'
import type { PostgresClient, PostgresJsClient, PostgresQueryClient } from './client.ts'
import type { Statement } from './statements.ts'

/** Runs a statement once and returns its rows by column name. */
export type Send = (statement: Statement, values: SqlValue[]) => Promise<readonly unknown[]>

/** What every emitter of Node.js has, and a pool of `pg` is one. */
interface Emitter {
  on(event: 'error', listener: () => void): unknown
  listenerCount(event: 'error'): number
}

/**
 * Chooses how to talk to a client. Statements are sent without a name, so that a pooler may give each to
 * another connection of the server.
 *
 * @throws {@link SessionConfigError} for anything but a client. It shows no string, which would be the
 * address of a database with its password.
 */
export function createSender(client: PostgresClient): Send {
  const given = client as Partial<PostgresJsClient & PostgresQueryClient & Emitter> | null | undefined
  if (typeof given?.unsafe === 'function')
    return (...sent) => sendByPostgresJs(client as PostgresJsClient, ...sent)
  if (typeof given?.query !== 'function') {
    throw new SessionConfigError(
      `postgresStore: received ${client === null ? 'null' : typeof client}; ` +
        'allowed is a Pool or Client of pg, an sql of postgres, or a PGlite',
    )
  }
  if (typeof given.on === 'function' && typeof given.listenerCount === 'function')
    ignoreLostConnections(given as Emitter)
  return async ({ text }, values) => (await (client as PostgresQueryClient).query(text, values)).rows
}

async function sendByPostgresJs(
  client: PostgresJsClient,
  { text, columns }: Statement,
  values: SqlValue[],
): Promise<readonly unknown[]> {
  const rows = await client.unsafe(text, values).values()
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])))
}

/**
 * A connection of `pg` that is lost while nobody uses it emits `error`, and an emitter without a listener
 * ends the process. The next statement gets another connection, or an error of its own.
 */
function ignoreLostConnections(client: Emitter): void {
  if (client.listenerCount('error') === 0) client.on('error', () => {})
}
