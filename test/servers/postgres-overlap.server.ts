import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { Client } from 'pg'
import { createSessionManager } from '../../src/index.ts'
import { expectationOf } from '../../src/contract/record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import type { PostgresStore } from '../../src/stores/postgres.ts'
import { sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { pools, waitForWaiting } from './postgres-pools.ts'
import type { OpenedPool } from './postgres-pools.ts'

const now = Date.now()
const owner = sampleOwner('u_1')
const [engine] = postgresEngines as [Engine]

// Each overlap is real: another connection holds rows in an open transaction until the server says that the
// store's statement waits for it.
for (const [driver, openPool] of Object.entries(pools)) {
  describe(`overlapping statements of postgresStore, ${driver}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let opened: OpenedPool
    let store: PostgresStore
    const others: Client[] = []

    before(async () => {
      running = await engine.start()
      opened = openPool(running.address)
      store = opened.store
    })
    beforeEach(async () => {
      others.push(await connect(), await connect(), await connect())
      await others[0]?.query('truncate coatcheck_sessions')
    })
    afterEach(async () => {
      for (const other of others.splice(0)) await other.end()
    })
    after(async () => {
      await opened?.close()
      await running?.stop()
    })

    /** A connection of the superuser. */
    async function connect(): Promise<Client> {
      const client = new Client({ ...connectionOf(running.address), user: 'postgres' })
      await client.connect()
      return client
    }

    async function storeRecord(overrides?: Partial<SessionRecord>): Promise<SessionRecord> {
      const record = sampleRecord(now, overrides)
      assert.equal(await store.create(record, now), true)
      return record
    }

    async function countRows(): Promise<number> {
      const rows = await others[0]?.query('select 1 from coatcheck_sessions')
      return rows?.rows.length ?? -1
    }

    test('what a concurrent commit binds to another user is kept', async () => {
      const [other, watch] = others as [Client, Client]
      const record = await storeRecord({ userId: 'u_1' })
      for (const remove of [
        async () => (await store.deleteByUser(owner, {}, now)).handles.length,
        async () => store.deleteByHandle(owner, record.handle, now),
        async () => store.delete(record.key, owner),
      ]) {
        await other.query('update coatcheck_sessions set owner = $1', [owner])
        await other.query('begin')
        await other.query('update coatcheck_sessions set owner = $1', [sampleOwner('u_2')])
        const removing = remove()
        await waitForWaiting(watch, 1)
        await other.query('commit')
        assert.equal(Number(await removing), 0)
        assert.equal((await store.read(record.key, now))?.owner, sampleOwner('u_2'))
      }
    })

    test('what a concurrent commit leaves with the user goes, however often it is committed', async () => {
      const [other, watch] = others as [Client, Client]
      await storeRecord({ userId: 'u_1' })
      await other.query('begin')
      await other.query('update coatcheck_sessions set version = version + 1')
      const removing = Promise.resolve(store.deleteByUser(owner, {}, now))
      await waitForWaiting(watch, 1)
      await other.query('commit')
      assert.equal((await removing).handles.length, 1)
      assert.equal(await countRows(), 0)
    })

    test('a commit that waits for another finds that it is too late', async () => {
      const [other, watch] = others as [Client, Client]
      const record = await storeRecord()
      await other.query('begin')
      await other.query('update coatcheck_sessions set version = version + 1')
      const committing = store.commit(record.key, expectationOf(record), sampleChange(record), now)
      await waitForWaiting(watch, 1)
      await other.query('commit')
      assert.equal(await committing, false)
    })

    test('a sweep waits for nobody, and leaves what a touch is extending', async () => {
      const [other] = others as [Client]
      const record = await storeRecord({ idleExpiresAt: now + 1 })
      await storeRecord({ idleExpiresAt: now + 1 })
      await other.query('begin')
      await other.query('update coatcheck_sessions set idle_expires_at = $1 where key = $2', [
        now + 60_000,
        record.key,
      ])
      assert.equal(await store.sweep(now + 2, 100), false)
      await other.query('commit')
      assert.equal(await countRows(), 1)
      assert.ok(await store.read(record.key, now + 2))
    })

    test('a sweep removes no more than its limit', async () => {
      for (let index = 0; index < 30; index += 1) await storeRecord({ idleExpiresAt: now - index * 600_000 })
      assert.equal(await store.sweep(now, 7), true)
      assert.equal(await countRows(), 23)
      assert.equal(await store.sweep(now, 23), true)
      assert.equal(await store.sweep(now, 23), false)
    })

    test('ten servers sweep at once: everything expired goes, nothing else, and no sweep fails', async () => {
      const expired = { idleExpiresAt: now - 1, userId: 'u_1' }
      await Promise.all(Array.from({ length: 1000 }, () => storeRecord(expired)))
      const living = await Promise.all(Array.from({ length: 20 }, () => storeRecord()))
      const sweepers = Array.from({ length: 10 }, () => openPool(running.address, { max: 1 }))
      const touching = living.map(async ({ key }) => store.touch(key, now + 5, now + 60_005, now))
      await Promise.all(
        sweepers.map(async (sweeper) => {
          while (await sweeper.store.sweep(now, 20)) await sweeper.store.ping()
        }),
      )
      for (const sweeper of sweepers) await sweeper.close()
      assert.deepEqual(new Set(await Promise.all(touching)), new Set([true]))
      assert.equal(await countRows(), 20)
    })

    for (const isolation of ['serializable', 'repeatable read'] as const) {
      test(`overlapping statements of postgresStore, ${driver} under ${isolation} no verb fails, and 60 increments are 60`, async () => {
        const strict = openPool(running.address, { max: 8, isolation })
        const { key } = await storeRecord({ data: '0', userId: 'u_1' })
        await Promise.all(
          Array.from({ length: 60 }, async () => {
            await strict.store.touch(key, now + 1, now + 60_001, now)
            while (!(await increment(strict.store, key))) await strict.store.countByUser(owner, now)
          }),
        )
        assert.equal((await strict.store.read(key, now))?.data, '60')
        await strict.close()
      })
    }

    test('a statement that the server ends to resolve a deadlock is sent again', async () => {
      const [first, last, watch] = others as [Client, Client, Client]
      const keys: string[] = []
      for (const later of [1, 2, 3])
        keys.push((await storeRecord({ endsAt: now + 100_000 + later, userId: 'u_1' })).key)
      const lock = 'select 1 from coatcheck_sessions where key = $1 for update'
      // Only the store's statement examines, and it is the last to wait: it must be the victim.
      await last.query(`set deadlock_timeout = '1h'`)
      for (const [client, key] of [
        [first, keys[1]],
        [last, keys[2]],
      ] as const) {
        await client.query('begin')
        await client.query(lock, [key])
      }
      const removing = Promise.resolve(store.deleteByUser(owner, {}, now)) // has the first row, waits for the second
      await waitForWaiting(watch, 1)
      const waiting = last.query(lock, [keys[0]])
      await waitForWaiting(watch, 2)
      await first.query('rollback') // the store's statement goes on to the third, and the circle is closed
      await waiting
      await last.query('commit')
      assert.equal((await removing).handles.length, 3)
    })

    test('a pool of two serves 200 requests in flight, and holds nothing while their handlers run', async () => {
      const small = openPool(running.address, { max: 2 })
      const sessions = createSessionManager<{ visits: number }>({ store: small.store, timeout: '1m' })
      const visit = async (cookie: string | undefined, meet: () => Promise<void>): Promise<string> => {
        const request = new Request('http://shop.example/', { headers: cookie ? { cookie } : {} })
        const response = await sessions.handle(request, async (_, session) => {
          session.update('visits', (visits = 0) => visits + 1)
          await meet()
          return new Response(`${session.get('visits')}`)
        })
        assert.equal(response.status, 200)
        return response.headers.getSetCookie()[0]?.split(';')[0] ?? (await response.text())
      }
      const cookies = await Promise.all(Array.from({ length: 200 }, () => visit(undefined, async () => {})))
      const all = Promise.withResolvers<void>()
      let arrived = 0
      const meetAll = (): Promise<void> => {
        arrived += 1
        if (arrived === 200) all.resolve()
        return all.promise
      }
      const answers = await Promise.all(cookies.map((cookie) => visit(cookie, meetAll)))
      assert.deepEqual(new Set(answers), new Set(['2']))
      assert.equal(await countRows(), 200)
      await sessions.close()
      await small.close()
    })
  })
}

/** One attempt to count up the data of a record. */
async function increment(store: PostgresStore, key: string): Promise<boolean> {
  const record = await store.read(key, now)
  assert.ok(record)
  const change = sampleChange(record, { data: `${Number(record.data) + 1}` })
  return store.commit(key, expectationOf(record), change, now)
}
