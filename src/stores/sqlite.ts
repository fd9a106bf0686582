// The entry `coatcheck/stores/sqlite`.

export type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite/sqlite-client.ts'
export type { SqliteStoreOptions } from './sqlite/sqlite-options.ts'
export { sqliteStore } from './sqlite/sqlite-store.ts'
export type { SqliteStore } from './sqlite/sqlite-store.ts'
