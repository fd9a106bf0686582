// The entry `coatcheck/stores/postgres`.

export type {
  PostgresClient,
  PostgresJsClient,
  PostgresJsQuery,
  PostgresQueryClient,
} from './postgres/postgres-client.ts'
export type { PostgresStoreOptions } from './postgres/postgres-options.ts'
export { postgresStore } from './postgres/postgres-store.ts'
export type { PostgresStore } from './postgres/postgres-store.ts'
