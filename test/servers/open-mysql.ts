import { setTimeout as wait } from 'node:timers/promises'
import { createPool as createMariadbPool } from 'mariadb'
import type { PoolConfig } from 'mariadb'
import { createPool as createMysql2Pool } from 'mysql2/promise'
import type { PoolOptions } from 'mysql2/promise'
import type { MysqlPool } from '../../src/stores/mysql.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { Address, OpenedStore } from './engine.ts'
import { account } from './mariadb.ts'
import type { Driver } from './mariadb.ts'

/** How many connections a store has, unless a test says otherwise. */
const connectionLimit = 4

/** How long the connections may take to open, in milliseconds: a server that is gone is for the test to notice. */
const openLimit = 10_000

/** How long a connection may take to end properly before it is cut, in milliseconds. */
const endLimit = 300

/** A pool, and how to end it even when the server is gone. */
export interface OpenedPool {
  readonly client: MysqlPool
  close(): Promise<void>
}

/** A connection that can be cut. */
interface Cuttable {
  destroy(): void
}

/** A pool of mysql2 to the server behind a port. Each connection first runs `setUp`, if it is given. */
export function openMysql2(port: number, options: PoolOptions = {}, setUp?: string): OpenedPool {
  const pool = createMysql2Pool({ ...account, port, connectionLimit, connectTimeout: 1000, ...options })
  const connections: Cuttable[] = []
  pool.pool.on('connection', (connection) => {
    connections.push(connection)
    if (setUp !== undefined) connection.query(setUp)
  })
  return { client: pool, close: () => closePool(() => pool.end(), connections) }
}

/**
 * A pool of mariadb to the server behind a port. It opens all its connections at once, and each asks the
 * server for its settings: this waits until they have, so that no test counts that.
 */
export async function openMariadb(port: number, options: PoolConfig = {}): Promise<OpenedPool> {
  const settings = {
    ...account,
    port,
    connectionLimit,
    connectTimeout: 1000,
    acquireTimeout: 2000,
    ...options,
  }
  const pool = createMariadbPool(settings)
  const connections: Cuttable[] = []
  pool.on('connection', (connection) => void connections.push(connection))
  const deadline = Date.now() + openLimit
  while (pool.idleConnections() < settings.connectionLimit && Date.now() < deadline) await wait(5)
  return { client: pool, close: () => closePool(() => pool.end(), connections) }
}

async function closePool(end: () => Promise<void>, connections: readonly Cuttable[]): Promise<void> {
  const ended = end().catch(() => {})
  await Promise.race([ended, wait(endLimit)])
  for (const connection of connections) connection.destroy()
}

/** A pool of a driver, with as many connections as asked for. */
export async function openPool(driver: Driver, port: number, connections: number): Promise<OpenedPool> {
  const options = { connectionLimit: connections }
  return driver === 'mysql2' ? openMysql2(port, options) : openMariadb(port, options)
}

/** A store with a pool of its own, on the table of all others. */
export async function openMysqlStore({ kind, ports }: Address): Promise<OpenedStore> {
  const { client, close } = await openPool(driverOf(kind), ports[0] ?? 0, connectionLimit)
  const store = mysqlStore(client)
  await store.createSchema()
  return { store, close }
}

function driverOf(kind: string): Driver {
  return kind === 'mysql-mysql2' ? 'mysql2' : 'mariadb'
}
