import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import type { Connection } from 'mysql2/promise'
import { expectationOf } from '../../src/contract/record.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { MysqlPool, MysqlStore } from '../../src/stores/mysql.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { account, ask, mariadbEngine } from './mariadb.ts'
import { openPool } from './open-mysql.ts'
import type { OpenedPool } from './open-mysql.ts'

const now = Date.now()
const engine = mariadbEngine('mysql2')

// Each overlap is real: another connection holds the row in an open transaction until the server says that the
// store's statement waits for it.
for (const driver of ['mysql2', 'mariadb'] as const) {
  describe(`overlapping statements of mysqlStore, ${driver}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let opened: OpenedPool
    let store: MysqlStore
    let other: Connection
    const sent: string[] = []
    let port = 0

    before(async () => {
      running = await engine.start()
      port = running.address.ports[0] ?? 0
      await ask(port, 'set global innodb_lock_wait_timeout = 1')
      opened = await openPool(driver, port, 2)
      store = mysqlStore(noteSent(opened.client))
      await store.createSchema()
      other = await createConnection({ ...account, port })
      await other.query('create table ballast (weight int)')
    })
    after(async () => {
      other?.destroy()
      await opened?.close()
      await running?.stop()
    })

    /** The same pool, which notes the statements that are sent outside of transactions. */
    function noteSent(pool: MysqlPool): MysqlPool {
      return {
        execute(statement, values) {
          sent.push(statement.sql)
          return pool.execute(statement, values)
        },
        getConnection: () => pool.getConnection(),
      }
    }

    async function storeRecord(overrides?: Partial<SessionRecord>): Promise<SessionRecord> {
      const record = sampleRecord(now, overrides)
      await store.create(record, now)
      return record
    }

    test('a commit that waited for another finds the version taken, under REPEATABLE READ', async () => {
      const record = await storeRecord()
      await other.beginTransaction()
      await other.query('update coatcheck_sessions set version = 2 where `key` = ?', [record.key])
      const overtaken = store.commit(record.key, expectationOf(record), sampleChange(record), now)
      await untilWaiting(port)
      await other.commit()
      assert.equal(await overtaken, false)
      const [level] = await ask(port, 'select @@global.tx_isolation as level')
      assert.equal(level?.['level'], 'REPEATABLE-READ')
    })

    test('a commit that waited for one that was rolled back succeeds', async () => {
      const record = await storeRecord()
      await other.beginTransaction()
      await other.query('update coatcheck_sessions set version = 2 where `key` = ?', [record.key])
      const next = store.commit(record.key, expectationOf(record), sampleChange(record), now)
      await untilWaiting(port)
      await other.rollback()
      assert.equal(await next, true)
    })

    test('deleteByUser keeps a record that a commit under way binds to another user', async () => {
      const [leaving, staying] = [await storeRecord({ userId: 'u_1' }), await storeRecord({ userId: 'u_1' })]
      await other.beginTransaction()
      await other.query(
        `update coatcheck_sessions set user_id = 'u_2', owner = ?, version = 2 where \`key\` = ?`,
        [sampleOwner('u_2'), leaving.key],
      )
      const deleted = store.deleteByUser(sampleOwner('u_1'), {}, now)
      await untilWaiting(port)
      await other.commit()
      assert.deepEqual(await deleted, { handles: [staying.handle] })
      assert.equal(await store.read(staying.key, now), undefined)
      assert.equal((await store.read(leaving.key, now))?.userId, 'u_2')
    })

    test('deleteByUser tells of each row what it was when it was deleted', async () => {
      const rows = { userId: 'u_3', idleExpiresAt: now + 10 }
      const [extended, ended, gone] = [
        await storeRecord(rows),
        await storeRecord(rows),
        await storeRecord(rows),
      ]
      const [late] = [sampleRecord(now, { userId: 'u_3' })]
      const interrupted = mysqlStore({
        async execute(statement, values) {
          const found = await opened.client.execute(statement, values)
          // Between the find and the delete: a server with a slow clock extends one, another ends one and adds one.
          await store.touch(extended.key, now + 9, now + 60_000, now + 9)
          await store.delete(gone.key)
          await store.create(late, now)
          return found
        },
        getConnection: () => opened.client.getConnection(),
      })
      const step = await interrupted.deleteByUser(sampleOwner('u_3'), {}, now + 20)
      assert.deepEqual(step, { handles: [extended.handle] })
      assert.equal(await store.read(ended.key, now), undefined)
      const { handles } = await store.deleteByUser(sampleOwner('u_3'), {}, now)
      assert.deepEqual(handles, [late.handle])
    })

    test('deleteByUser finds a row that a commit moves behind the step', async () => {
      const many = Array.from({ length: 905 }, (_, index) =>
        sampleRecord(now, { userId: 'u_5', endsAt: now + 100_000 + index }),
      )
      await Promise.all(many.map(async (record) => store.create(record, now)))
      const last = many.at(-1) ?? assert.fail()
      const owner = sampleOwner('u_5')
      const first = await store.deleteByUser(owner, {}, now)
      assert.equal(first.handles.length, 900)
      const shortened = sampleChange(last, { endsAt: now + 70_000 })
      assert.equal(await store.commit(last.key, expectationOf(last), shortened, now), true)
      let { cursor } = first
      while (cursor !== undefined) ({ cursor } = await store.deleteByUser(owner, { cursor }, now))
      assert.equal(await store.countByUser(owner, now), 0)
    })

    test('the victim of a deadlock is sent again', async () => {
      const [first, second] = [
        await storeRecord({ userId: 'u_4' }),
        await storeRecord({ userId: 'u_4' }),
      ].toSorted((left, right) => (left.key < right.key ? -1 : 1))
      const deadlocks = await readStatus(port, 'Innodb_deadlocks')
      await other.beginTransaction()
      // The server undoes the transaction that has changed less: let it be the store's.
      for (let count = 0; count < 20; count += 1) await other.query('insert into ballast values (1)')
      await other.query(`update coatcheck_sessions set details = 'x' where \`key\` = ?`, [second?.key])
      const deleted = store.deleteByUser(sampleOwner('u_4'), {}, now)
      await untilWaiting(port)
      await other.query(`update coatcheck_sessions set details = 'x' where \`key\` = ?`, [first?.key])
      await other.commit()
      assert.equal((await deleted).handles.length, 2)
      assert.equal(await readStatus(port, 'Innodb_deadlocks'), deadlocks + 1)
    })

    test('a statement that waited too long for a lock is sent again', async () => {
      const record = await storeRecord()
      await other.beginTransaction()
      await other.query('update coatcheck_sessions set version = 2 where `key` = ?', [record.key])
      sent.length = 0
      const deleted = store.delete(record.key)
      while (sent.length < 2) await wait(10)
      await other.commit()
      assert.equal(await deleted, true)
    })

    test('and after a second and a half the error is passed on', async () => {
      const record = await storeRecord()
      await other.beginTransaction()
      await other.query('update coatcheck_sessions set version = 2 where `key` = ?', [record.key])
      sent.length = 0
      await assert.rejects(async () => store.delete(record.key), { errno: 1205 })
      assert.equal(sent.length, 2)
      await other.rollback()
      assert.deepEqual(await store.read(record.key, now), record)
    })
  })
}

describe('ten servers', { skip: missing(engine) }, () => {
  let running: RunningEngine
  before(async () => {
    running = await engine.start()
  })
  after(() => running?.stop())

  for (const driver of ['mysql2', 'mariadb'] as const) {
    test(`ten servers that sweep one table at once, while sessions are used, remove what has ended: ${driver}`, async () => {
      const port = running.address.ports[0] ?? 0
      const pools = await Promise.all(Array.from({ length: 10 }, () => openPool(driver, port, 1)))
      const stores = pools.map(({ client }) => mysqlStore(client))
      const [store] = stores
      await store?.createSchema()
      const live = Array.from({ length: 50 }, () => sampleRecord(now))
      const ended = Array.from({ length: 500 }, (_, index) =>
        sampleRecord(now, { idleExpiresAt: now + (index % 7) }),
      )
      for (const record of [...live, ...ended]) await store?.create(record, now)

      const use = async (record: SessionRecord): Promise<void> => {
        assert.equal(await store?.touch(record.key, now + 5, now + 60_005, now), true)
        assert.equal(await store?.commit(record.key, expectationOf(record), sampleChange(record), now), true)
      }
      await Promise.all([...stores.map(sweepAll), ...live.map(use)])
      const [row] = await ask(port, `select count(*) as count from ${account.database}.coatcheck_sessions`)
      assert.equal(row?.['count'], live.length)
      await ask(port, `delete from ${account.database}.coatcheck_sessions`)
      for (const pool of pools) await pool.close()
    })
  }
})

/** A whole sweep, in steps of 20. */
async function sweepAll(store: MysqlStore): Promise<void> {
  while (await store.sweep(now + 7, 20));
}

/** Resolves when a statement waits for a row, by the server's own count. */
async function untilWaiting(port: number): Promise<void> {
  while ((await readStatus(port, 'Innodb_row_lock_current_waits')) === 0) await wait(10)
}

/** A counter of the server. */
async function readStatus(port: number, name: string): Promise<number> {
  const [row] = await ask(port, `show global status like '${name}'`)
  return Number(row?.['Value'])
}
