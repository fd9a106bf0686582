import { execFile } from 'node:child_process'
import { chmodSync, chownSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { RunningEngine } from './engine.ts'
import { demandProgram } from './process/demand-programs.ts'
import type { Program } from './process/demand-programs.ts'
import { findFreePort } from './process/free-port.ts'
import { ServerProcess } from './process/server-process.ts'
import { startInFolder } from './process/start-in-folder.ts'

/** The database of the application, and the role that its stores connect as. */
export const application = { database: 'shop', user: 'shop' } as const

const folders = globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed()

/** What a PostgreSQL server needs. Debian keeps it off the PATH. */
export const postgresPrograms: readonly Program[] = [
  { name: 'postgres', package: 'postgresql', folders },
  { name: 'initdb', package: 'postgresql', folders },
]

/**
 * Nothing waits for the disk, which loses data only with the machine: what was committed survives the
 * SIGKILL of every process, as `synchronous_commit` stays on.
 */
const settings = [
  'fsync=off',
  'full_page_writes=off',
  'shared_buffers=32MB',
  'shared_preload_libraries=pg_stat_statements',
]

/** A PostgreSQL server of its own, empty but for the role and the database of the application. */
export function startPostgres(kind: string): Promise<RunningEngine> {
  return startInFolder('coatcheck-postgres-', (folder, started) => startIn(folder, started, kind))
}

async function startIn(folder: string, started: ServerProcess[], kind: string): Promise<RunningEngine> {
  const [postgres, initdb] = postgresPrograms.map(demandProgram) as [string, string]
  const owner = findOwner()
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  chmodSync(folder, 0o755)
  if (owner) for (const path of [folder, data]) chownSync(path, owner.uid, owner.gid)
  const setup = ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '--no-locale', '-E', 'UTF8']
  await promisify(execFile)(initdb, setup, { ...owner, cwd: data })
  const port = await findFreePort()
  const place = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', '']
  const server = new ServerProcess({
    command: postgres,
    parameters: [...place, ...settings.flatMap((setting) => ['-c', setting])],
    options: { ...owner, cwd: data },
    stopSignal: 'SIGINT',
    isReady: () => isAnswered(port),
  })
  started.push(server)
  await server.start()
  await runAsAdministrator(port, 'postgres', `create role ${application.user} login`)
  await runAsAdministrator(
    port,
    'postgres',
    `create database ${application.database} owner ${application.user}`,
  )
  await runAsAdministrator(port, application.database, 'create extension pg_stat_statements')
  return {
    address: { kind, ports: [port], details: application },
    servers: [server],
    ...inspect(port),
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Runs statements as the superuser, on a connection of its own, and returns the rows of the last one. */
export async function runAsAdministrator(
  port: number,
  database: string,
  statements: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ host: '127.0.0.1', port, database, user: 'postgres' })
  client.on('error', () => {})
  await client.connect()
  try {
    const results: unknown = await client.query(statements)
    const last = Array.isArray(results) ? (results as unknown[]).at(-1) : results
    return (last as { rows: Record<string, unknown>[] }).rows
  } finally {
    await client.end()
  }
}

/** What the server says about itself. */
function inspect(
  port: number,
): Pick<RunningEngine, 'dump' | 'countCommands' | 'measureSize' | 'readVersion'> {
  const run = (statements: string): ReturnType<typeof runAsAdministrator> =>
    runAsAdministrator(port, application.database, statements)
  return {
    dump: async () => JSON.stringify(await run('select * from coatcheck_sessions')),
    // pg_stat_statements has counted a statement before its answer is sent, unlike pg_stat_database. The
    // role is a part of its key, so that these inspections, made as the superuser, are not counted.
    async countCommands() {
      const [row] = await run(`select coalesce(sum(calls), 0)::int as calls from pg_stat_statements
        where userid = '${application.user}'::regrole`)
      return row?.['calls'] as number
    },
    async measureSize() {
      await run('vacuum coatcheck_sessions')
      const [row] = await run(`select pg_total_relation_size('coatcheck_sessions')::int as size`)
      return row?.['size'] as number
    },
    async readVersion() {
      const [row] = await run('show server_version')
      return `PostgreSQL ${String(row?.['server_version']).replace(/ .*/, '')}`
    },
  }
}

async function isAnswered(port: number): Promise<boolean> {
  await runAsAdministrator(port, 'postgres', 'select 1')
  return true
}

/** The user that the server runs as: it refuses to run as root. */
function findOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8').match(/^postgres:[^:]*:(\d+):(\d+):/m)
  if (!line) throw new Error('PostgreSQL refuses to run as root, and there is no user postgres')
  return { uid: Number(line[1]), gid: Number(line[2]) }
}
