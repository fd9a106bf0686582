import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createConnection as createMariadbConnection } from 'mariadb'
import { createConnection as createMysql2Connection } from 'mysql2/promise'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { expectationOf } from '../../src/contract/record.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { MysqlClient, MysqlConnection, MysqlPool } from '../../src/stores/mysql.ts'
import { sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { demandNoUnhandled } from '../support/demand-no-unhandled.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { account, ask, mariadbEngine } from './mariadb.ts'
import { openMariadb, openMysql2, openPool } from './open-mysql.ts'
import type { OpenedPool } from './open-mysql.ts'

const now = Date.now()
const engine = mariadbEngine('mysql2')
const drivers = ['mysql2', 'mariadb'] as const
const owner = sampleOwner('u_1')
const table = `${account.database}.coatcheck_sessions`

describe('the limit of sessions per user, mysqlStore', { skip: missing(engine) }, () => {
  let running: RunningEngine
  let port = 0
  demandNoUnhandled()
  before(async () => {
    running = await engine.start()
    port = running.address.ports[0] ?? 0
  })
  after(() => running?.stop())

  /** A store on an empty table. */
  async function openEmpty(client: MysqlClient): Promise<ReturnType<typeof mysqlStore>> {
    const store = mysqlStore(client)
    await store.createSchema()
    await ask(port, `truncate ${table}`)
    return store
  }

  const levels = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'] as const
  for (const driver of drivers) {
    for (const level of levels) {
      test(`200 logins at once, of two servers, leave exactly 3: ${driver}, ${level}`, async (context) => {
        const open = (): OpenedPool | Promise<OpenedPool> =>
          driver === 'mysql2'
            ? openMysql2(port, {}, `set session transaction isolation level ${level}`)
            : openMariadb(port, { sessionVariables: { tx_isolation: level.replace(' ', '-') } })
        const pools = [await open(), await open()]
        context.after(() => Promise.all(pools.map((pool) => pool.close())))
        const stores = [
          await openEmpty(pools[0]?.client ?? assert.fail()),
          mysqlStore(pools[1]?.client ?? assert.fail()),
        ]
        // Half of them are new sessions, the other half visitors who log in.
        const visitors = Array.from({ length: 100 }, () => sampleRecord(now))
        await Promise.all(visitors.map(async (record) => stores[0]?.create(record, now)))
        const logins = visitors.flatMap((visitor, index) => {
          const store = stores[index % 2] ?? assert.fail()
          const record = sampleRecord(now, { userId: 'u_1', lastSeenAt: now + index })
          const change = sampleChange(visitor, { userId: 'u_1', lastSeenAt: now + index })
          return [
            splitLimits(store).createWithin(record, 3, now),
            splitLimits(store).commitWithin(visitor.key, expectationOf(visitor), change, 3, now),
          ]
        })
        const answers = await Promise.all(logins.map(async (login) => login))
        assert.ok(answers.every(({ isWritten }) => isWritten))
        const evicted = answers.flatMap((answer) => answer.evicted)
        assert.equal(new Set(evicted).size, 197)
        assert.equal(evicted.length, 197)
        assert.equal(await stores[0]?.countByUser(owner, now), 3)
        const [row] = await ask(port, `select count(*) as count from ${table}`)
        assert.equal(row?.['count'], 3)
      })
    }

    test(`a connection that dies in between leaves nothing half done: ${driver}`, async (context) => {
      const opened = await openPool(driver, port, 1)
      context.after(() => opened.close())
      const store = await openEmpty(opened.client)
      const [first, second] = [sampleRecord(now, { userId: 'u_1' }), sampleRecord(now, { userId: 'u_1' })]
      await splitLimits(store).createWithin(first, 1, now)
      const contents = async (): Promise<string[]> =>
        (await ask(port, `select handle from ${table}`)).map(({ handle }) => String(handle))
      for (let statement = 1; statement <= 7; statement += 1) {
        const cut = mysqlStore(cutAt(opened.client, statement, (id) => ask(port, `kill ${id}`)))
        const failed = await Promise.resolve(splitLimits(cut).createWithin(second, 1, now)).then(
          () => false,
          () => true,
        )
        // 1 turn, 2 insert, 3 count, 4 lock, 5 delete, 6 end of turn, 7 commit.
        assert.ok(failed, `statement ${statement}`)
        assert.deepEqual(await contents(), [first.handle], `statement ${statement}`)
      }
      assert.deepEqual(await splitLimits(store).createWithin(second, 1, now), {
        isWritten: true,
        evicted: [first.handle],
      })
      assert.deepEqual(await contents(), [second.handle])
    })

    test(`the pool gets each connection back, however a transaction ends: ${driver}`, async (context) => {
      const opened = await openPool(driver, port, 1)
      context.after(() => opened.close())
      const store = await openEmpty(opened.client)
      const record = sampleRecord(now, { userId: 'u_1' })
      const tooLarge = sampleRecord(now, { userId: 'u_1', handle: 'x'.repeat(300) })
      for (let round = 0; round < 3; round += 1) {
        assert.equal((await splitLimits(store).createWithin(record, 3, now)).isWritten, round === 0)
        await assert.rejects(async () => splitLimits(store).createWithin(tooLarge, 3, now), {
          name: 'SessionTooLargeError',
        })
        await assert.rejects(async () =>
          splitLimits(mysqlStore(opened.client, { table: 'nowhere' })).createWithin(record, 3, now),
        )
        const failing = mysqlStore(refuseCommit(opened.client))
        await assert.rejects(async () => failing.deleteByHandle(owner, record.handle, now), /no commit/)
      }
      assert.equal(await store.countByUser(owner, now), 1)
    })

    test(`the limit of sessions per user, mysqlStore on a single connection, all that is called meanwhile waits: ${driver}`, async () => {
      const connection =
        driver === 'mysql2'
          ? await createMysql2Connection({ ...account, port })
          : await createMariadbConnection({ ...account, port })
      const store = await openEmpty(connection)
      const logins = Array.from({ length: 20 }, () => sampleRecord(now, { userId: 'u_1' }))
      const refused = logins[0] ?? assert.fail()
      await store.create(refused, now)
      // A transaction that is undone must not undo the verbs of others that were called while it ran.
      const visitors = Array.from({ length: 20 }, () => sampleRecord(now))
      const failing = { ...refused, key: sampleRecord(now).key, handle: 'x'.repeat(300) }
      const isRefused = async (): Promise<boolean> => {
        await assert.rejects(async () => splitLimits(store).createWithin(failing, 3, now))
        return true
      }
      const isWritten = async (login: SessionRecord): Promise<boolean> =>
        (await splitLimits(store).createWithin(login, 3, now)).isWritten
      const calls = visitors.flatMap((visitor, index) => [
        isRefused(),
        (async () => store.create(visitor, now))(),
        isWritten(logins[index] ?? assert.fail()),
        (async () => store.touch(visitor.key, now, now + 60_000, now))(),
      ])
      const answers = await Promise.all(calls)
      assert.equal(answers.filter((answer) => !answer).length, 1) // the one that was there before
      const isStored = async ({ key }: SessionRecord): Promise<boolean> =>
        (await store.read(key, now)) !== undefined
      assert.ok((await Promise.all(visitors.map(isStored))).every(Boolean))
      assert.equal(await store.countByUser(owner, now), 3)
      connection.destroy()
    })

    test(`whoever is used while a login chooses is not ended: ${driver}`, async (context) => {
      const opened = await openPool(driver, port, 2)
      context.after(() => opened.close())
      const store = await openEmpty(opened.client)
      const [older, newer, late] = [1, 2, 3].map((use) =>
        sampleRecord(now, { userId: 'u_1', lastSeenAt: now + use }),
      ) as [SessionRecord, SessionRecord, SessionRecord]
      for (const record of [older, newer]) await store.create(record, now)
      let isUsed = false
      const interrupted = mysqlStore(
        surround(opened.client, async (sql) => {
          if (isUsed || !sql.includes('for update')) return
          isUsed = true
          await store.touch(older.key, now + 10, now + 60_010, now)
        }),
      )
      const answer = await splitLimits(interrupted).createWithin(late, 2, now)
      assert.ok(isUsed)
      assert.deepEqual(answer, { isWritten: true, evicted: [newer.handle] })
    })
  }

  test('one login ends 100 at most, those that were unused for longest', async (context) => {
    const opened = openMysql2(port)
    context.after(() => opened.close())
    const store = await openEmpty(opened.client)
    const records = Array.from({ length: 150 }, (_, index) =>
      sampleRecord(now, { userId: 'u_1', lastSeenAt: now + index }),
    )
    await Promise.all(records.map(async (record) => store.create(record, now)))
    const last = sampleRecord(now, { userId: 'u_1' })
    const { evicted } = await splitLimits(store).createWithin(last, 10, now)
    const longest = records.slice(0, 100).map(({ handle }) => handle)
    assert.deepEqual(evicted.toSorted(), longest.toSorted())
    assert.equal(
      (await splitLimits(store).createWithin(sampleRecord(now, { userId: 'u_1' }), 10, now)).evicted.length,
      42,
    )
  })
})

/** The same pool, where `before` runs before each statement of a transaction. */
function surround(
  pool: MysqlPool,
  before: (sql: string, connection: MysqlConnection) => Promise<unknown>,
): MysqlPool {
  return {
    execute: (statement, values) => pool.execute(statement, values),
    async getConnection() {
      const connection = await pool.getConnection()
      const call = async (sql: string, run: () => Promise<unknown>): Promise<unknown> => {
        await before(sql, connection)
        return run()
      }
      return {
        execute: (statement, values) => call(statement.sql, () => connection.execute(statement, values)),
        beginTransaction: () => connection.beginTransaction(),
        commit: () => call('commit', () => connection.commit()),
        rollback: () => connection.rollback(),
        destroy: () => connection.destroy(),
        release: () => connection.release(),
      }
    },
  }
}

/** The same pool, whose server ends the connection before the given statement of a transaction. */
function cutAt(pool: MysqlPool, statement: number, kill: (id: number) => Promise<unknown>): MysqlPool {
  let sent = 0
  return surround(pool, async (_sql, connection) => {
    sent += 1
    if (sent === statement) await kill((connection as unknown as { threadId: number }).threadId)
  })
}

/** The same pool, where no transaction can be committed. */
function refuseCommit(pool: MysqlPool): MysqlPool {
  return surround(pool, async (sql) => {
    if (sql === 'commit') throw new Error('no commit')
  })
}
