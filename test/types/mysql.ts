import type { Connection as CallbackConnection, Pool as CallbackPool } from 'mysql2'
import type { Connection, Pool, PoolConnection } from 'mysql2/promise'
import type { Connection as MariadbConnection, Pool as MariadbPool } from 'mariadb'
import type { Pool as MariadbCallbackPool } from 'mariadb/callback'
import { createSessionManager } from 'coatcheck'
import type { Enumerable, ExpirySweep, Pingable, UserIndex } from 'coatcheck'
import { mysqlStore } from 'coatcheck/stores/mysql'

/** Compiled and never run: which clients the MySQL store takes. */
export function useMysql(
  fitting: Pool | Connection | PoolConnection | MariadbPool | MariadbConnection,
  {
    pool,
    connection,
    mariadbPool,
  }: Record<'pool', CallbackPool> &
    Record<'connection', CallbackConnection> &
    Record<'mariadbPool', MariadbCallbackPool>,
): UserIndex & ExpirySweep & Enumerable & Pingable {
  mysqlStore(pool.promise())
  // @ts-expect-error -- a pool with callbacks
  mysqlStore(pool)
  // @ts-expect-error -- a connection with callbacks
  mysqlStore(connection)
  // @ts-expect-error -- a pool of mariadb with callbacks
  mysqlStore(mariadbPool)
  // @ts-expect-error -- an address is not a client
  mysqlStore('mysql://localhost')
  // @ts-expect-error -- a setting of the pool, not of the store
  mysqlStore(fitting, { connectionLimit: 2 })
  createSessionManager({ store: mysqlStore(fitting, { table: 'shop.sessions', sweepEvery: '1h' }) })
  return mysqlStore(fitting)
}
