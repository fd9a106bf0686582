// The entry `coatcheck/stores/mysql`.

export type {
  MysqlClient,
  MysqlConnection,
  MysqlExecutor,
  MysqlPool,
  MysqlStatement,
  MysqlValue,
} from './mysql/mysql-client.ts'
export type { MysqlStoreOptions } from './mysql/mysql-options.ts'
export { mysqlStore } from './mysql/mysql-store.ts'
export type { MysqlStore } from './mysql/mysql-store.ts'
