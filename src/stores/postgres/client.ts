// What the store needs from a driver, as interfaces of its own: three drivers satisfy them, none is a
// dependency, and others can be adapted to them.

import type { SqlValue } from '../../sql/row.ts'

/**
 * A driver that runs a statement with values for its `$1`, `$2` …, and answers with rows by column name.
 * `Pool` and `Client` of `pg`, and PGlite, do.
 *
 * @example
 * ```ts
 * import { Pool } from 'pg'
 * const client: PostgresQueryClient = new Pool({ max: 10 })
 * ```
 */
export interface PostgresQueryClient {
  /** Runs one statement, on any connection. */
  query(text: string, values: SqlValue[]): PromiseLike<{ readonly rows: readonly unknown[] }>
}

/**
 * The driver `postgres`, also known as postgres.js.
 *
 * @example
 * ```ts
 * import postgres from 'postgres'
 * const client: PostgresJsClient = postgres({ max: 10 })
 * ```
 */
export interface PostgresJsClient {
  /** What the application told the driver. */
  readonly options?:
    | {
        readonly prepare?: boolean | undefined
        readonly transform?: { readonly row?: { readonly from?: unknown } | undefined } | undefined
      }
    | undefined
  /** Runs one statement, on any connection; with a name if `prepare` is true. */
  unsafe(text: string, values: SqlValue[], options: { prepare: boolean }): PostgresJsQuery
}

/**
 * A statement of postgres.js that has not been sent.
 *
 * @example
 * ```ts
 * const client: PostgresJsClient = postgresJs
 * const query: PostgresJsQuery = client.unsafe('select $1::int', [1], { prepare: false })
 * const [[one] = []] = await query.raw() // the bytes of '1'
 * ```
 */
export interface PostgresJsQuery {
  /** Sends it. Values are bytes or null, past the driver's `transform` and `types`, and rows are lists of them. */
  raw(): PromiseLike<readonly (readonly unknown[])[]>
}

/**
 * What {@link postgresStore} works with. It stays the application's: the store never closes it.
 *
 * @example
 * ```ts
 * const client: PostgresClient = pool
 * const store = postgresStore(client)
 * ```
 */
export type PostgresClient = PostgresQueryClient | PostgresJsClient
