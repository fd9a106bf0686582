import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { MysqlStore } from '../../src/stores/mysql.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { account, ask, mariadbEngine } from './mariadb.ts'
import { openPool } from './open-mysql.ts'
import type { OpenedPool } from './open-mysql.ts'

const now = Date.now()
const engine = mariadbEngine('mysql2')
const table = `${account.database}.coatcheck_sessions`
const rights = ['select', 'insert', 'update', 'delete'] as const

for (const driver of ['mysql2', 'mariadb'] as const) {
  describe(`ping of mysqlStore, ${driver}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let opened: OpenedPool
    let port = 0
    before(async () => {
      running = await engine.start()
      port = running.address.ports[0] ?? 0
      opened = await openPool(driver, port, 1)
      await mysqlStore(opened.client).createSchema()
    })
    beforeEach(() => grant(port, [...rights]))
    after(async () => {
      await opened?.close()
      await running?.stop()
    })

    test(`ping of mysqlStore, ${driver} resolves with exactly the rights that are needed, and leaves no row`, async () => {
      const store = mysqlStore(opened.client)
      await Promise.all([store.ping(), store.ping(), store.ping()])
      const [row] = await ask(port, `select count(*) as count from ${table}`)
      assert.equal(row?.['count'], 0)
      // Those of every verb: the ones with transactions too.
      const record = sampleRecord(now, { userId: 'u_1' })
      assert.deepEqual(await splitLimits(store).createWithin(record, 1, now), {
        isWritten: true,
        evicted: [],
      })
      assert.equal(await store.deleteByHandle(record.owner ?? '', record.handle, now), true)
    })

    for (const right of rights) {
      test(`ping of mysqlStore, ${driver} rejects without the right to ${right}`, async (context) => {
        const others = rights.filter((each) => each !== right)
        const denied = await openWith(others, context)
        await assert.rejects(async () => denied.ping(), /denied/)
        const granted = await openWith([...rights], context)
        await granted.ping()
      })
    }

    test(`ping of mysqlStore, ${driver} rejects while the server is read only, as a replica is, and as long as that lasts`, async () => {
      const store = mysqlStore(opened.client)
      await ask(port, 'set global read_only = 1')
      const isReadOnly = { errno: 1290 }
      await assert.rejects(async () => store.ping(), isReadOnly)
      await assert.rejects(async () => store.create(sampleRecord(now), now), isReadOnly)
      await ask(port, 'set global read_only = 0')
      await store.ping()
      assert.equal(await store.create(sampleRecord(now), now), true)
    })

    test('createSchema needs no right to write', async (context) => {
      const store = await openWith(['create', 'select'], context)
      await store.createSchema()
    })

    /** A store whose account has these rights and no others. A connection knows those of when it was made. */
    async function openWith(names: readonly string[], context: TestContext): Promise<MysqlStore> {
      await grant(port, names)
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      return mysqlStore(pool.client)
    }
  })
}

/** Gives the account of the stores these rights and no others. */
async function grant(port: number, names: readonly string[]): Promise<void> {
  await ask(port, `revoke all privileges, grant option from ${account.user}`)
  await ask(port, `grant ${names.join(', ')} on ${account.database}.* to ${account.user}`)
}
