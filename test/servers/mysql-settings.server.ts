import { createConnection as createMariadbConnection } from 'mariadb'
import { createConnection as createMysql2Connection } from 'mysql2/promise'
import { after, before, describe, test } from 'node:test'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { MysqlClient } from '../../src/stores/mysql.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { account, mariadbEngine } from './mariadb.ts'
import { openMariadb, openMysql2 } from './open-mysql.ts'

/** A pool or a connection, and how to end it. */
interface OpenedClient {
  readonly client: MysqlClient
  close(): Promise<void>
}

// The settings of a pool are the application's. Whatever they do to numbers, rows, text or counts, the store
// keeps the contract.
const settings: Readonly<Record<string, (port: number) => OpenedClient | Promise<OpenedClient>>> = {
  'mysql2 that counts changed rows only': (port) => openMysql2(port, { flags: ['-FOUND_ROWS'] }),
  'mysql2 with big numbers as strings': (port) =>
    openMysql2(port, { supportBigNumbers: true, bigNumberStrings: true }),
  'mysql2 with rows as arrays and named placeholders': (port) =>
    openMysql2(port, { rowsAsArray: true, namedPlaceholders: true }),
  'mysql2 with nested tables': (port) => openMysql2(port, { nestTables: true }),
  'mysql2 in Latin-1, without strict mode': (port) =>
    openMysql2(port, { charset: 'latin1_swedish_ci' }, `set sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'`),
  'mysql2 that reads bytes as text of another character set': (port) =>
    openMysql2(port, {
      typeCast: (column, next) => (column.type === 'LONG' ? next() : column.string('latin1')),
    }),
  'mysql2 that converts nothing': (port) => openMysql2(port, { typeCast: false }),
  'mariadb that reads bytes as text': (port) => openMariadb(port, { typeCast: (column) => column.string() }),
  'mysql2 with big numbers as strings only where they are big': (port) =>
    openMysql2(port, { supportBigNumbers: true, bigNumberStrings: false }),
  'mysql2 with texts instead of dates, decimals and JSON': (port) =>
    openMysql2(port, { dateStrings: true, decimalNumbers: true, jsonStrings: true, timezone: '+05:30' }),
  'mysql2 that evaluates no code': (port) => openMysql2(port, { disableEval: true, typeCast: false }),
  'mysql2 that keeps few prepared statements': (port) => openMysql2(port, { maxPreparedStatements: 2 }),
  async 'a connection of mysql2'(port) {
    const connection = await createMysql2Connection({ ...account, port })
    return { client: connection, close: async () => connection.destroy() }
  },
  'mariadb that counts changed rows only': (port) => openMariadb(port, { foundRows: false }),
  'mariadb with big numbers as numbers': (port) => openMariadb(port, { bigIntAsNumber: true }),
  'mariadb with big numbers as strings': (port) =>
    openMariadb(port, { supportBigNumbers: true, bigNumberStrings: true }),
  'mariadb with rows as arrays, named placeholders and metadata': (port) =>
    openMariadb(port, { rowsAsArray: true, namedPlaceholders: true, metaAsArray: true }),
  'mariadb in Latin-1, with neither strict mode nor kept statements': (port) =>
    openMariadb(port, {
      charset: 'latin1',
      prepareCacheLength: 0,
      sessionVariables: { sql_mode: 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' },
    }),
  'mariadb where a snapshot that is out of date is an error': (port) =>
    openMariadb(port, { sessionVariables: { innodb_snapshot_isolation: 'ON' } }),
  'mariadb with numbers of its own kinds': (port) =>
    openMariadb(port, {
      insertIdAsNumber: true,
      decimalAsNumber: true,
      bigIntAsNumber: true,
      checkNumberRange: true,
    }),
  'mariadb with texts instead of dates and JSON': (port) =>
    openMariadb(port, { dateStrings: true, autoJsonMap: false, timezone: '+05:30' }),
  'mariadb that checks for columns of one name, and shows metadata': (port) =>
    openMariadb(port, { checkDuplicate: true, metaEnumerable: true, nestTables: '_' }),
  'mariadb that sends one command at a time, compressed': (port) =>
    openMariadb(port, { pipelining: false, compress: true, resetAfterUse: true }),
  async 'a connection of mariadb'(port) {
    const connection = await createMariadbConnection({ ...account, port })
    return { client: connection, close: async () => connection.destroy() }
  },
}

const engine = mariadbEngine('mysql2')

describe('mysqlStore keeps the contract with', { skip: missing(engine) }, () => {
  let running: RunningEngine
  before(async () => {
    running = await engine.start()
  })
  after(() => running?.stop())

  for (const [name, open] of Object.entries(settings)) {
    test(name, async (context) => {
      const { client, close } = await open(running.address.ports[0] ?? 0)
      const store = mysqlStore(client)
      await store.createSchema()
      for (const storeCase of casesFor(store)) {
        await context.test(storeCase.name, () => storeCase.run(storeCaseContext(store)))
      }
      await close()
    })
  }
})
