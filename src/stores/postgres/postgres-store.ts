// The store on PostgreSQL. Each verb is a single statement, on whichever connection the pool gives: no
// transaction, no lock and no connection is held between verbs. The statements are in
// postgres/statements.ts, the table in postgres/schema.ts, the reasons in docs/decisions/0018.

import type { Enumerable, ExpirySweep, Pingable, UserIndex } from '../../contract/capabilities.ts'
import { joinLimits } from '../../contract/limited-writes.ts'
import { toRecord, toRow } from '../../sql/row.ts'
import type { SessionStore } from '../../contract/store.ts'
import type { PostgresClient } from './postgres-client.ts'
import { toCommit } from './postgres-commit-parameters.ts'
import { createMissing } from './postgres-create-schema.ts'
import { createSender } from './postgres-driver.ts'
import { createPing, ping } from './postgres-ping.ts'
import { readPostgresOptions } from './postgres-options.ts'
import type { PostgresStoreOptions } from './postgres-options.ts'
import { createRunner } from './postgres-run-statement.ts'
import { listSchema, quoteName } from './postgres-schema.ts'
import { createStatements } from './postgres-statements.ts'
import { createUserIndex } from './postgres-user-index.ts'

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
  const run = createRunner(createSender(client, prepare), quoteName(table))
  return joinLimits({
    sweepEvery,
    create: async (record) => hasRow(await run(statements.create, toRow(record))),
    async read(key, now) {
      const [row] = await run(statements.read, [key, now])
      return row === undefined ? undefined : toRecord(row)
    },
    commit: async (key, expected, change, now) =>
      hasRow(await run(statements.commit, toCommit(key, expected, change, now))),
    touch: async (key, lastSeenAt, idleExpiresAt, now) =>
      hasRow(await run(statements.touch, [key, lastSeenAt, idleExpiresAt, now])),
    delete: async (key, owner) =>
      hasRow(
        await (owner === undefined
          ? run(statements.delete, [key])
          : run(statements.deleteOwned, [key, owner])),
      ),
    ...createUserIndex(run, table),
    sweep: async (before, limit) => (await run(statements.sweep, [before, limit])).length === limit,
    async enumerate(cursor, limit, now) {
      const records = (await run(statements.enumerate, [cursor ?? '', now, limit])).map(toRecord)
      const last = records[limit - 1]
      return last === undefined ? { records } : { records, cursor: last.key }
    },
    ping: () => ping(run, pinging),
    createSchema: () => createMissing(run, listSchema(table)),
  })
}

/** Whether a statement wrote a row. */
function hasRow(rows: readonly unknown[]): boolean {
  return rows.length > 0
}
