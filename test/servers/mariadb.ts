import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import type { RowDataPacket } from 'mysql2/promise'
import { toTextRow } from '../../src/stores/mysql/mysql-executor.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { demandProgram } from './process/demand-programs.ts'
import type { Program } from './process/demand-programs.ts'
import { findFreePort } from './process/free-port.ts'
import { ServerProcess } from './process/server-process.ts'
import { startInFolder } from './process/start-in-folder.ts'

const server: Program = { name: 'mariadbd', package: 'mariadb-server', folders: ['/usr/sbin'] }
const installer: Program = { name: 'mariadb-install-db', package: 'mariadb-server' }

/**
 * A small log starts fast, but the server has to stop and flush whenever 100 000 rows have filled it: tests with so many
 * take what it comes with.
 */
const logSize = process.env['MANY_SESSIONS'] === undefined ? '8M' : '96M'

/**
 * The database and the user of the stores. The tests themselves log in as root, so that the server counts
 * their statements apart.
 */
export const account = { host: '127.0.0.1', user: 'coatcheck', password: 'coat-check', database: 'coatcheck' }

/** The packages that stores connect with. */
export type Driver = 'mysql2' | 'mariadb'

/** MariaDB, with stores that use the driver. */
export function mariadbEngine(driver: Driver): Engine {
  return {
    name: `MariaDB, ${driver}`,
    programs: [server, installer],
    start: () => startInFolder('coatcheck-mariadb-', (folder, started) => startIn(folder, started, driver)),
  }
}

/** Installs and starts an empty MariaDB, with the database and the user of {@link account}. */
async function startIn(folder: string, started: ServerProcess[], driver: Driver): Promise<RunningEngine> {
  const port = await findFreePort()
  // A server that starts removes all temporary tables from the folder for them, those of other servers too.
  const temporary = join(folder, 'temporary')
  await mkdir(temporary)
  const shared = [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${temporary}`,
    `--innodb-log-file-size=${logSize}`,
  ]
  // The server refuses to run as root unless it is told to.
  if (process.getuid?.() === 0) shared.push('--user=root')
  await promisify(execFile)(demandProgram(installer), [
    ...shared,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ])
  const mariadbd = new ServerProcess({
    command: demandProgram(server),
    parameters: [
      ...shared,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      '--skip-name-resolve',
      '--userstat=1',
    ],
    isReady: async () => (await ask(port, 'select 1')).length === 1,
  })
  started.push(mariadbd)
  await mariadbd.start()
  await ask(port, `create database ${account.database}`)
  await ask(port, `create user ${account.user} identified by '${account.password}'`)
  await ask(port, `grant create, select, insert, update, delete on ${account.database}.* to ${account.user}`)
  return runningMariadb(driver, folder, port, mariadbd)
}

/** What a test can ask of the server, by connections that do not count. */
function runningMariadb(
  driver: Driver,
  folder: string,
  port: number,
  mariadbd: ServerProcess,
): RunningEngine {
  return {
    address: { kind: `mysql-${driver}`, ports: [port] },
    servers: [mariadbd],
    async dump() {
      const tables = await ask(
        port,
        `select table_name as name from information_schema.tables where table_schema = '${account.database}'`,
      )
      const rows = await Promise.all(
        tables.map(({ name }) => ask(port, `select * from ${account.database}.${name}`)),
      )
      return JSON.stringify(rows.flat().map(toTextRow))
    },
    // A statement is counted after its answer has been sent, and before its connection sleeps again.
    async countCommands() {
      const working = `select id from information_schema.processlist
        where user = '${account.user}' and command <> 'Sleep' limit 1`
      while ((await ask(port, working)).length > 0);
      const [row] = await ask(
        port,
        `select select_commands + update_commands + other_commands as commands
         from information_schema.user_statistics where user = '${account.user}'`,
      )
      return Number(row?.['commands'] ?? 0)
    },
    measureSize: () => measureSize(port),
    async readVersion() {
      const [row] = await ask(port, 'select version() as version')
      return `MariaDB ${String(row?.['version']).replace(/-.*/, '')}`
    },
    async stop() {
      await mariadbd.stop('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The bytes of the tables and their indexes, after the tables have been rebuilt without gaps. */
async function measureSize(port: number): Promise<number> {
  const tables = await ask(
    port,
    `select table_name as name from information_schema.tables where table_schema = '${account.database}'`,
  )
  for (const { name } of tables) await ask(port, `optimize table ${account.database}.${name}`)
  const [row] = await ask(
    port,
    `select sum(data_length + index_length) as size
     from information_schema.tables where table_schema = '${account.database}'`,
  )
  return Number(row?.['size'] ?? 0)
}

/** Runs a statement as root, on a connection of its own. */
export async function ask(port: number, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ host: account.host, port, user: 'root', connectTimeout: 2000 })
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql)
    return rows
  } finally {
    connection.destroy()
  }
}
