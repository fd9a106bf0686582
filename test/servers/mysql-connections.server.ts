import assert from 'node:assert/strict'
import { createPool as createCallbackPool } from 'mariadb/callback'
import { createConnection as createMariadbConnection } from 'mariadb'
import { createConnection as createMysql2Connection } from 'mysql2/promise'
import { after, before, describe, test } from 'node:test'
import { createSessionManager, SessionConfigError } from '../../src/index.ts'
import { expectationOf } from '../../src/contract/record.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { MysqlClient } from '../../src/stores/mysql.ts'
import { sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'
import { Browser, increment } from '../core/harness.ts'
import type { Loose } from '../core/harness.ts'
import { demandNoUnhandled } from '../support/demand-no-unhandled.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { account, ask, mariadbEngine } from './mariadb.ts'
import { openMysql2, openPool } from './open-mysql.ts'

const now = Date.now()
const engine = mariadbEngine('mysql2')
const drivers = ['mysql2', 'mariadb'] as const

describe('connections of mysqlStore', { skip: missing(engine) }, () => {
  let running: RunningEngine
  let port = 0
  demandNoUnhandled()
  before(async () => {
    running = await engine.start()
    port = running.address.ports[0] ?? 0
  })
  after(() => running?.stop())

  for (const driver of drivers) {
    test(`a pool of 2 serves 200 requests in flight: ${driver}`, async (context) => {
      const pool = await openPool(driver, port, 2)
      context.after(() => pool.close())
      const store = mysqlStore(pool.client)
      await store.createSchema()
      await ask(port, `truncate ${account.database}.coatcheck_sessions`)
      const sessions = createSessionManager<Loose>({ store, timeout: '30s' })
      const first = new Browser(sessions)
      await first.visit((session) => session.set('count', 0))
      // All 200 are inside their handlers at once: no handler keeps a connection.
      const cookieOf = (index: number): string | undefined => (index % 2 === 0 ? first.cookie : undefined)
      const visits = await Promise.all(
        Array.from({ length: 200 }, (_, index) => new Browser(sessions, cookieOf(index)).open()),
      )
      for (const { session } of visits) session.update('count', increment)
      await Promise.all(visits.map(({ conclude }) => conclude()))
      await first.visit((session) => assert.equal(session.get('count'), 100))
      const [row] = await ask(port, `select count(*) as count from ${account.database}.coatcheck_sessions`)
      assert.equal(row?.['count'], 101)
      await sessions.close()
    })

    test(`each verb is one statement, by the server's count: ${driver}`, async (context) => {
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const store = mysqlStore(pool.client)
      await store.createSchema()
      const large = JSON.stringify('x'.repeat(60_000))
      const record = sampleRecord(now, { data: large })
      assert.equal(await countDuring(running, async () => store.create(record, now)), 1)
      const reads = async (): Promise<void> => {
        for (let done = 0; done < 1000; done += 1) await store.read(record.key, now)
      }
      assert.equal(await countDuring(running, reads), 1000)
      const change = sampleChange(record, { data: `${large} ` })
      assert.equal(
        await countDuring(running, async () => store.commit(record.key, expectationOf(record), change, now)),
        1,
      )
      assert.equal(
        await countDuring(running, async () => store.touch(record.key, now + 1, now + 70_000, now)),
        1,
      )
      assert.equal(await countDuring(running, async () => store.delete(record.key)), 1)
    })

    test(`a connection that is killed fails one verb and not the process: ${driver}`, async (context) => {
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const store = mysqlStore(pool.client)
      await store.createSchema()
      const record = sampleRecord(now)
      await store.create(record, now)
      const holder = await createMysql2Connection({ ...account, port })
      await holder.beginTransaction()
      await holder.query('select 1 from coatcheck_sessions where `key` = ? for update', [record.key])
      const deleted = store.delete(record.key)
      const outcome = Promise.resolve(deleted).then(
        () => 'answered',
        (error: unknown) => error,
      )
      const blocked = await untilBlocked(port)
      await ask(port, `kill ${blocked}`)
      assert.ok((await outcome) instanceof Error)
      await holder.rollback()
      holder.destroy()
      assert.deepEqual(await store.read(record.key, now), record)
      assert.equal(await store.delete(record.key), true)
    })
  }

  test('an idle connection that is killed does not end the process', async () => {
    const open = {
      mysql2: () => createMysql2Connection({ ...account, port }),
      mariadb: () => createMariadbConnection({ ...account, port }),
    }
    for (const driver of drivers) {
      const connection = await open[driver]()
      const store = mysqlStore(connection)
      await store.createSchema()
      const ended = new Promise((resolve) => connection.on('end', () => resolve(undefined)))
      await ask(port, `kill ${connection.threadId}`)
      await ended
      await assert.rejects(async () => store.ping())
      connection.destroy()
    }
  })

  test('ping says that autocommit is off', async () => {
    const connection = await createMysql2Connection({ ...account, port })
    const store = mysqlStore(connection)
    await store.createSchema()
    await store.ping()
    await connection.query('set autocommit = 0')
    await assert.rejects(
      async () => store.ping(),
      (error: unknown) => {
        return error instanceof SessionConfigError && /without autocommit/.test(error.message)
      },
    )
    connection.destroy()
  })

  test('createSchema says so as well, and mysql2 with each write', async () => {
    const pool = openMysql2(port, {}, 'set autocommit = 0')
    const store = mysqlStore(pool.client)
    await assert.rejects(async () => store.createSchema(), isTransactionRefused)
    const record = sampleRecord(now)
    await assert.rejects(async () => store.create(record, now), isTransactionRefused)
    await pool.close()
    const [row] = await ask(
      port,
      `select count(*) as found from ${account.database}.coatcheck_sessions where handle = '${record.handle}'`,
    )
    assert.equal(row?.['found'], 0)
  })

  test('mysql2: what a transaction of the application may undo is not reported as done', async () => {
    const connection = await createMysql2Connection({ ...account, port })
    const store = mysqlStore(connection)
    await store.createSchema()
    const record = sampleRecord(now)
    await store.create(record, now)
    await connection.beginTransaction()
    await assert.rejects(async () => store.delete(record.key), isTransactionRefused)
    await connection.rollback()
    assert.ok(await store.read(record.key, now))
    assert.equal(await store.delete(record.key), true)
    connection.destroy()
  })

  test('a pool of mariadb with callbacks is refused at the first use', async () => {
    const pool = createCallbackPool({ ...account, port, connectionLimit: 1 })
    const store = mysqlStore(pool as unknown as MysqlClient)
    await assert.rejects(
      async () => store.read('key', now),
      (error: unknown) => {
        return error instanceof SessionConfigError && /callback interfaces do not work/.test(error.message)
      },
    )
    await new Promise<void>((resolve) => pool.end(() => resolve()))
  })
})

/** How many statements of stores the server counts while the calls run. */
async function countDuring(running: RunningEngine, call: () => Promise<unknown>): Promise<number> {
  const before = await running.countCommands()
  await call()
  return (await running.countCommands()) - before
}

/**
 * The id of the connection of the store that executes a delete, which it does until its row is free. Not from
 * `innodb_trx`: that table is a copy up to a tenth of a second old, and may show connections that are gone.
 */
async function untilBlocked(port: number): Promise<number> {
  const sql = `select id from information_schema.processlist
    where user = '${account.user}' and command = 'Execute' and info like 'delete %'`
  for (;;) {
    const [row] = await ask(port, sql)
    if (row) return Number(row['id'])
  }
}

function isTransactionRefused(error: unknown): boolean {
  return error instanceof SessionConfigError && /without autocommit/.test(error.message)
}
