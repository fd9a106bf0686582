import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { Address, OpenedStore } from './engine.ts'
import { openMemory } from './memory.ts'
import { openMysqlStore } from './open-mysql.ts'
import { openWithPg, openWithPglite, openWithPostgresJs } from './open-postgres.ts'
import { redisOpeners } from './redis/open-redis.ts'

type Opener = (address: Address) => Promise<OpenedStore>

/** How to open a store on an address, by its kind. */
const openers: Readonly<Record<string, Opener>> = {
  memory: openMemory,
  sqlite: async ({ details }) => {
    const store = sqliteStore(details?.['path'] ?? '')
    return { store, close: async () => store.close() }
  },
  pg: openWithPg,
  'postgres.js': openWithPostgresJs,
  pglite: openWithPglite,
  ...redisOpeners,
  'mysql-mysql2': openMysqlStore,
  'mysql-mariadb': openMysqlStore,
}

/** Opens a store with connections of its own. */
export async function openStore(address: Address): Promise<OpenedStore> {
  const open = openers[address.kind]
  if (!open) throw new Error(`no opener for an address of kind ${address.kind}`)
  return open(address)
}
