import assert from 'node:assert/strict'
import { errorMonitor } from 'node:events'
import type { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { createPool as createMariadbPool } from 'mariadb'
import { createPool as createCallbackPool } from 'mysql2'
import { createPool } from 'mysql2/promise'
import { describe, test } from 'node:test'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { createTable } from '../../src/stores/mysql/mysql-schema.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { MysqlClient, MysqlPool, MysqlStoreOptions } from '../../src/stores/mysql.ts'
import { findFreePort } from '../servers/process/free-port.ts'

// A pool of mysql2 connects at its first use, so these need no server. test/servers has the tests with one.
const client = createPool({ host: '127.0.0.1' })

describe('mysqlStore', () => {
  test('mysqlStore creates the table that sql/mysql.sql creates', () => {
    const file = readFileSync(new URL('../../sql/mysql.sql', import.meta.url), 'utf8')
    const [statement] = file
      .replaceAll(/^--.*\n/gm, '')
      .trim()
      .split(';')
    assert.equal(statement, createTable('coatcheck_sessions'))
  })

  test('mysqlStore has the defaults that its options name', () => {
    assert.equal(mysqlStore(client).sweepEvery, 600_000)
    assert.equal(mysqlStore(client, { table: 'shop.web_sessions', sweepEvery: '1h' }).sweepEvery, 3_600_000)
  })

  test('mysqlStore fails without a server, also where a pool tells of it by an event', async (context) => {
    const port = await findFreePort()
    const settings = { host: '127.0.0.1', port, connectTimeout: 100 }
    const pools = {
      mysql2: createPool(settings),
      mariadb: createMariadbPool({ ...settings, initializationTimeout: 100, acquireTimeout: 800 }),
    }
    context.after(() => Promise.all([pools.mysql2.end(), pools.mariadb.end()]))
    const stores = { mysql2: mysqlStore(pools.mysql2), mariadb: mysqlStore(pools.mariadb) }
    // Sees the event without counting as a listener.
    const told = new Promise((resolve) =>
      (pools.mariadb as unknown as EventEmitter).on(errorMonitor, resolve),
    )
    await assert.rejects(async () => stores.mysql2.ping(), { code: 'ECONNREFUSED' })
    await assert.rejects(
      async () => stores.mariadb.ping(),
      (error: Error) => /ECONNREFUSED/.test(`${error.message} ${String(error.cause)}`),
    )
    await told
  })
})

describe('mysqlStore refuses', () => {
  const callbacks = createCallbackPool({ host: '127.0.0.1' })
  const refused: readonly [string, unknown, unknown, RegExp][] = [
    [
      'a quotation mark in the table',
      client,
      { table: 'a`; drop table x; --' },
      /mysqlStore\.table: received 'a`; drop/,
    ],
    ['an empty table', client, { table: '' }, /mysqlStore\.table: received ''/],
    ['an empty database', client, { table: '.a' }, /mysqlStore\.table: received '\.a'/],
    ['three parts', client, { table: 'a.b.c' }, /allowed is table or database\.table/],
    ['a digit first', client, { table: 'shop.1st' }, /mysqlStore\.table/],
    ['a name that is too long', client, { table: 'a'.repeat(64) }, /mysqlStore\.table/],
    ['a number', client, { table: 5 }, /mysqlStore\.table: received 5/],
    [
      'another option',
      client,
      { tableName: 'a' },
      /mysqlStore\.tableName: unknown option\. Allowed are table, sweepEvery/,
    ],
    ['another spelling', client, { sweep_every: '1h' }, /Did you mean 'sweepEvery'\?/],
    ['a sweep every other day', client, { sweepEvery: '25h' }, /mysqlStore\.sweepEvery/],
    ['no client', undefined, {}, /mysqlStore: received undefined; allowed is a pool or a connection/],
    ['null', null, {}, /mysqlStore: received null/],
    [
      'an address, without showing it',
      'mysql://root:pw@localhost',
      {},
      /^mysqlStore: received string; allowed is a pool/,
    ],
    ['a pool with callbacks', callbacks, {}, /one of mysql2\/promise, or its promise\(\)/],
  ]
  for (const [name, given, options, message] of refused) {
    test(name, () => {
      assert.throws(
        () => mysqlStore(given as MysqlClient, options as MysqlStoreOptions),
        (error: unknown) => error instanceof SessionConfigError && message.test(error.message),
      )
    })
  }

  test('but takes what promise() returns', () => {
    assert.equal(mysqlStore(callbacks.promise()).sweepEvery, 600_000)
  })
})

describe('mysqlStore sends again what the server has not carried out', () => {
  const failures: readonly [string, object, boolean][] = [
    ['a row that has changed since it was read', { errno: 1020 }, true],
    ['a lock that came too late', { errno: 1205 }, true],
    ['a deadlock, or a conflict between nodes', { errno: 1213 }, true],
    ['a statement that must be prepared again', { errno: 1615 }, true],
    ['a transaction that a group has refused', { errno: 3101 }, true],
    ['a node outside of its cluster', { errno: 1047, sqlMessage: 'WSREP has not yet prepared node' }, true],
    ['but no command that a proxy does not know', { errno: 1047, sqlMessage: 'Unknown command' }, false],
    ['no lost connection', { code: 'ECONNRESET' }, false],
    ['no commit that ended in the unknown', { errno: 1180 }, false],
  ]
  for (const [name, properties, isRepeated] of failures) {
    test(name, async () => {
      const failing = failFirst(8, properties)
      const deleted = Promise.resolve(mysqlStore(failing.pool).delete('key'))
      if (isRepeated) assert.equal(await deleted, true)
      else await assert.rejects(deleted)
      assert.equal(failing.count(), isRepeated ? 9 : 1)
    })

    test(`${name}, as the end of a transaction`, async () => {
      const failing = failFirst(8, properties)
      const deleted = Promise.resolve(mysqlStore(failing.pool).deleteByHandle('owner', 'handle', 1))
      if (isRepeated) assert.equal(await deleted, true)
      else await assert.rejects(deleted)
      const attempts = isRepeated ? 9 : 1
      assert.equal(failing.count(), attempts)
      assert.deepEqual(failing.seen(), {
        borrowed: attempts,
        rolledBack: isRepeated ? 8 : 1,
        released: attempts,
        destroyed: 0,
      })
    })
  }

  test('mysqlStore sends again what the server has not carried out with pauses, and not for ever', async () => {
    const failing = failFirst(Infinity, { errno: 1213 })
    await assert.rejects(async () => mysqlStore(failing.pool).delete('key'), { errno: 1213 })
    assert.ok(failing.count() > 6 && failing.count() < 200, `${failing.count()} attempts`)
  })

  test('a connection that cannot even undo is destroyed and not given back', async () => {
    const failing = failFirst(Infinity, { code: 'ECONNRESET' }, () => Promise.reject(new Error('gone')))
    await assert.rejects(async () => mysqlStore(failing.pool).deleteByHandle('owner', 'handle', 1))
    assert.deepEqual(failing.seen(), { borrowed: 1, rolledBack: 1, released: 0, destroyed: 1 })
  })
})

/** Finds a row, and writes one. */
const execute: MysqlPool['execute'] = async ({ sql }) =>
  sql.startsWith('select')
    ? [{ key: 'key', handle: 'handle', live: 1, last_seen_at: 1 }]
    : { affectedRows: 1 }

/** A pool whose writes and commits fail at first; each row is found. It stands for a cluster. */
function failFirst(
  times: number,
  properties: object,
  rollback: () => Promise<unknown> = async () => {},
): { pool: MysqlPool; count(): number; seen(): object } {
  let attempts = 0
  const seen = { borrowed: 0, rolledBack: 0, released: 0, destroyed: 0 }
  const attempt = async (): Promise<void> => {
    attempts += 1
    if (attempts <= times) throw Object.assign(new Error('undone'), properties)
  }
  const pool: MysqlPool = {
    async execute(statement, values) {
      if (statement.sql.startsWith('delete')) await attempt()
      return execute(statement, values)
    },
    async getConnection() {
      seen.borrowed += 1
      return {
        execute,
        beginTransaction: async () => {},
        commit: attempt,
        rollback() {
          seen.rolledBack += 1
          return rollback()
        },
        destroy: () => void (seen.destroyed += 1),
        release: () => void (seen.released += 1),
      }
    },
  }
  return { pool, count: () => attempts, seen: () => seen }
}
