// What the store needs from a driver, as interfaces of its own: three drivers satisfy them, none is a
// dependency, and others can be adapted to them.

import type { SqlValue } from '../../sql/row.ts'

/**
 * A driver that runs a statement with values for its `$1`, `$2` …, and answers with rows by column name.
 * `Pool` and `Client` of `pg`, and PGlite, do.
 */
export interface PostgresQueryClient {
  /** Runs one statement, on any connection. */
  query(text: string, values: SqlValue[]): PromiseLike<{ readonly rows: readonly unknown[] }>
}

/** The driver `postgres`, also known as postgres.js. */
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

/** A statement of postgres.js that has not been sent. */
export interface PostgresJsQuery {
  /** Sends it. Values are bytes or null, past the driver's `transform` and `types`, and rows are lists of them. */
  raw(): PromiseLike<readonly (readonly unknown[])[]>
}

/** What {@link postgresStore} works with. It stays the application's: the store never closes it. */
export type PostgresClient = PostgresQueryClient | PostgresJsClient
