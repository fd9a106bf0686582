import { PGlite } from '@electric-sql/pglite'
import { postgresStore } from 'coatcheck/stores/postgres'
import { Client, Pool } from 'pg'
import postgres from 'postgres'

/** Compiled and never run: the drivers fit as they are. */
export function usePostgresDrivers(): void {
  postgresStore(new Pool())
  postgresStore(new Client(), { table: 'app.sessions' })
  postgresStore(postgres())
  postgresStore(postgres({ transform: postgres.camel, types: { bigint: postgres.BigInt } }), {
    prepare: true,
  })
  postgresStore(new PGlite())
  // @ts-expect-error -- an address is no client
  postgresStore('postgres://localhost/shop')
  // @ts-expect-error -- an option that does not exist
  postgresStore(new Pool(), { tableName: 'sessions' })
}
