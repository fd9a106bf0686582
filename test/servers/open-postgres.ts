import type { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import postgres from 'postgres'
import { postgresStore } from '../../src/stores/postgres.ts'
import type { Address, OpenedStore } from './engine.ts'

/** Long enough for a slow machine, short enough for a test of a server that does not answer. */
const limit = 5_000

/** The instances of this process, by the name in their address: only one connection to each is possible. */
export const instances: Map<string, PGlite> = new Map()

/** Where the drivers connect, for those who need a pool of their own. */
export function connectionOf({ ports, details }: Address): {
  host: string
  port: number
  database: string
  user: string
} {
  const [port = 0] = ports
  return { host: '127.0.0.1', port, database: details?.['database'] ?? '', user: details?.['user'] ?? '' }
}

/** A store with a pool of `pg`. */
export async function openWithPg(address: Address): Promise<OpenedStore> {
  const limits = { connectionTimeoutMillis: limit, query_timeout: limit }
  const pool = new Pool({ ...connectionOf(address), ...limits, max: 10 })
  return { store: postgresStore(pool), close: () => endWithin(1000, pool.end()) }
}

/** A store with a pool of postgres.js. */
export async function openWithPostgresJs(address: Address): Promise<OpenedStore> {
  const sql = postgres({
    ...connectionOf(address),
    connect_timeout: limit / 1000,
    max: 10,
    onnotice: () => {},
  })
  return { store: postgresStore(sql), close: () => sql.end({ timeout: 0.5 }) }
}

/** A store on a PGlite of this process. */
export async function openWithPglite({ details }: Address): Promise<OpenedStore> {
  return { store: postgresStore(findPglite(details)), close: async () => {} }
}

/** The PGlite of this process that an address names. */
export function findPglite(details: Address['details']): PGlite {
  const instance = instances.get(details?.['instance'] ?? '')
  if (!instance) throw new Error('a PGlite can only be shared within its process')
  return instance
}

/** Waits for an end, but not for a server that does not answer. */
async function endWithin(milliseconds: number, end: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  await Promise.race([end.catch(() => {}), promise])
  clearTimeout(timer)
}
