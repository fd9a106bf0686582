import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Engine } from './engine.ts'
import { mariadbEngine } from './mariadb.ts'
import { memory } from './memory.ts'
import { pglite, postgresEngines } from './postgres-engines.ts'
import { findProgram } from './process/demand-programs.ts'
import { clusterEngines } from './redis-cluster.ts'
import { sentinelEngines } from './redis-sentinel.ts'
import { redisEngines } from './redis.ts'

/** SQLite, where a database is a file and each store has a connection of its own. */
const sqlite: Engine = {
  name: 'SQLite',
  programs: [],
  async start() {
    const folder = await mkdtemp(join(tmpdir(), 'coatcheck-engine-'))
    const path = join(folder, 'sessions.sqlite')
    return {
      address: { kind: 'sqlite', ports: [], details: { path } },
      servers: [],
      async dump() {
        const database = new DatabaseSync(path)
        const rows = database.prepare('select * from coatcheck_sessions').all()
        database.close()
        return JSON.stringify(rows)
      },
      countCommands: async () => 0,
      async measureSize() {
        const database = new DatabaseSync(path)
        database.exec('vacuum')
        const pages = database.prepare(
          'select page_count * page_size as size from pragma_page_count, pragma_page_size',
        )
        const { size } = pages.get() as { size: number }
        database.close()
        return size
      },
      readVersion: async () => `SQLite ${process.versions['sqlite'] ?? ''}`,
      stop: () => rm(folder, { recursive: true, force: true }),
    }
  },
}

/** Every engine that a store of the library works on and that several processes can share. */
export const engines: readonly Engine[] = [
  sqlite,
  ...redisEngines,
  ...clusterEngines,
  ...sentinelEngines,
  ...postgresEngines,
  mariadbEngine('mysql2'),
  mariadbEngine('mariadb'),
]

/** Engines that a store of the library works on and that belong to one process: both stores of a case share it. */
export const enginesOfOneProcess: readonly Engine[] = [memory, pglite]

/**
 * Why an engine cannot be started here, as `node:test` takes it: `false` when it can. In CI a missing
 * server is an error instead, so that nothing passes by not having run.
 */
export function missing({ name, programs }: Pick<Engine, 'name' | 'programs'>): string | false {
  const absent = programs.find((program) => findProgram(program) === undefined)
  if (absent === undefined) return false
  const reason = `${name} needs ${absent.name}: apt-get install ${absent.package}`
  if (process.env['CI']) throw new Error(reason)
  return reason
}
