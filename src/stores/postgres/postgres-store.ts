// The store on PostgreSQL. Each verb is a single statement, on whichever connection the pool gives: no
// transaction, no lock and no connection is held between verbs. The verbs are in sql/sql-store.ts, their
// statements in postgres-statements.ts, the reasons in docs/decisions/0018.

import type { Enumerable, ExpirySweep, Pingable, UserIndex } from '../../contract/capabilities.ts'
import { joinLimits } from '../../contract/limited-writes.ts'
import type { SessionStore } from '../../contract/store.ts'
import { createSqlVerbs } from '../../sql/sql-store.ts'
import type { PostgresClient } from './postgres-client.ts'
import { createRunner } from './postgres-driver.ts'
import { readPostgresOptions } from './postgres-options.ts'
import type { PostgresStoreOptions } from './postgres-options.ts'
import { createPing, ping } from './postgres-ping.ts'
import { createMissing, listSchema, quoteName } from './postgres-schema.ts'
import { createStatements } from './postgres-statements.ts'
import { createUserEndings } from './postgres-user-endings.ts'

/** A store in a PostgreSQL database, shared by any number of servers. */
export interface PostgresStore extends SessionStore, UserIndex, ExpirySweep, Enumerable, Pingable {
  /**
   * Creates the tables and their indexes if they are missing: the statements of `sql/postgres.sql`. Any
   * number of servers may call it when they start. A schema in the table's name must exist. Rejects when there is a
   * table of that name with other columns.
   */
  createSchema(): Promise<void>
}

/**
 * Keeps sessions in a PostgreSQL database (12 or later). Each verb is one statement, so all promises hold
 * across the servers that share the database, and a pool of two serves any number of requests in flight.
 *
 * Pass a `Pool` or `Client` of `pg`, the `sql` of `postgres`, or a PGlite: the store never closes it. (A
 * `Client` has one connection, and pg warns when statements overlap on it: a server needs a pool. And a
 * transaction that the application rolls back there would undo sessions.) The table must exist; see
 * {@link PostgresStore.createSchema}. For PgBouncer in transaction mode, statements must have no names: with
 * pg that is the default, with postgres.js set `prepare: false`. Set time limits on the client: a statement
 * that the manager has given up still holds its connection.
 *
 * A pool of `pg` without a listener for `error` gets one that does nothing, because otherwise the loss of an
 * idle connection would end the process. Errors show the driver's message and code, never a value.
 *
 * @throws {@link SessionConfigError} for an unknown or unacceptable option, and for what is not a client.
 *
 * @example
 * ```ts
 * import { Pool } from 'pg'
 *
 * const store = postgresStore(new Pool({ connectionTimeoutMillis: 2000, query_timeout: 2000 }))
 * await store.createSchema()
 * const sessions = createSessionManager({ store })
 * ```
 */
export function postgresStore(client: PostgresClient, options: PostgresStoreOptions = {}): PostgresStore {
  const { table, sweepEvery, prepare } = readPostgresOptions(options)
  const [statements, pinging] = [createStatements(table), createPing(table)]
  const run = createRunner(client, prepare, quoteName(table))
  const verbs = createSqlVerbs({
    select: (verb, values) => run(statements[verb], values),
    write: async (verb, values) => (await run(statements[verb], values)).length,
  })
  return joinLimits({
    ...verbs,
    ...createUserEndings(run, statements, table),
    sweepEvery,
    ping: () => ping(run, pinging),
    createSchema: () => createMissing(run, listSchema(table)),
  })
}
