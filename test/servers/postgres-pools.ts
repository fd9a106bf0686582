import { Pool } from 'pg'
import type { Client } from 'pg'
import postgres from 'postgres'
import { postgresStore } from '../../src/stores/postgres.ts'
import type { PostgresStore, PostgresStoreOptions } from '../../src/stores/postgres.ts'
import type { Address } from './engine.ts'
import { connectionOf } from './open-postgres.ts'

/** A store with a pool of its own. */
export interface OpenedPool {
  readonly store: PostgresStore
  /** Runs a statement of the test's on a connection of the pool. */
  execute(statement: string): Promise<unknown>
  close(): Promise<void>
}

/** What a test sets: the size of the pool, settings of each session of the server, options of the store. */
export interface PoolOptions {
  readonly max?: number
  readonly isolation?: 'serializable' | 'repeatable read'
  readonly store?: PostgresStoreOptions
}

/** How to open one, by driver. */
export const pools: Readonly<Record<string, (address: Address, options?: PoolOptions) => OpenedPool>> = {
  pg(address, { max = 10, isolation, store } = {}) {
    const settings = isolation && `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`
    const pool = new Pool({ ...connectionOf(address), max, ...(settings && { options: settings }) })
    return {
      store: postgresStore(pool, store),
      execute: (statement) => pool.query(statement),
      close: () => pool.end(),
    }
  },
  'postgres.js'(address, { max = 10, isolation, store } = {}) {
    const connection = isolation && { default_transaction_isolation: isolation }
    const sql = postgres({
      ...connectionOf(address),
      max,
      onnotice: () => {},
      ...(connection && { connection }),
    })
    return {
      store: postgresStore(sql, store),
      execute: (statement) => sql.unsafe(statement),
      close: () => sql.end({ timeout: 5 }),
    }
  },
}

/** Resolves when as many statements of the application wait for a lock as are named. */
export async function waitForWaiting(administrator: Client, statements: number): Promise<void> {
  for (;;) {
    const { rows } = await administrator.query(
      `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
    if (rows.length >= statements) return
  }
}
