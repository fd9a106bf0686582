import { randomUUID } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { postgresStore } from '../../src/stores/postgres.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { connectionOf, instances } from './open-postgres.ts'
import { postgresPrograms, startPostgres } from './postgres.ts'

/** A server with the table. */
async function startWithTable(kind: string): Promise<RunningEngine> {
  const running = await startPostgres(kind)
  const pool = new Pool(connectionOf(running.address))
  await postgresStore(pool).createSchema()
  await pool.end()
  return running
}

/** One server, two drivers. */
export const postgresEngines: readonly Engine[] = [
  { name: 'PostgreSQL, pg', programs: postgresPrograms, start: () => startWithTable('pg') },
  { name: 'PostgreSQL, postgres.js', programs: postgresPrograms, start: () => startWithTable('postgres.js') },
]

/** PostgreSQL in this process, in memory. */
export const pglite: Engine = {
  name: 'PGlite',
  programs: [],
  async start() {
    const database = await PGlite.create()
    await postgresStore(database).createSchema()
    const instance = randomUUID()
    instances.set(instance, database)
    const readNumber = async (statement: string): Promise<number> => {
      const { rows } = await database.query<{ value: number }>(statement)
      return rows[0]?.value ?? 0
    }
    return {
      address: { kind: 'pglite', ports: [], details: { instance } },
      servers: [],
      dump: async () => JSON.stringify((await database.query('select * from coatcheck_sessions')).rows),
      countCommands: async () => 0,
      async measureSize() {
        await database.exec('vacuum coatcheck_sessions')
        return readNumber(`select pg_total_relation_size('coatcheck_sessions')::int as value`)
      },
      async readVersion() {
        const { rows } = await database.query<{ server_version: string }>('show server_version')
        return `PGlite, PostgreSQL ${rows[0]?.server_version ?? ''}`
      },
      async stop() {
        instances.delete(instance)
        await database.close()
      },
    }
  },
}
