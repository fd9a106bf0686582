import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client, Pool } from 'pg'
import { postgresStore } from '../../src/stores/postgres.ts'
import type { PostgresStore } from '../../src/stores/postgres.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { pools, waitForWaiting } from './postgres-pools.ts'
import type { OpenedPool } from './postgres-pools.ts'

const now = Date.now()
const [engine] = postgresEngines as [Engine]
const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
  where usename = 'shop' and datname = current_database()`

describe('connections that PostgreSQL ends', { skip: missing(engine) }, () => {
  let running: RunningEngine
  let administrator: Client

  before(async () => {
    running = await engine.start()
    administrator = new Client({ ...connectionOf(running.address), user: 'postgres' })
    await administrator.connect()
  })
  after(async () => {
    await administrator?.end()
    await running?.stop()
  })

  // postgres.js keeps the error of the connection that was lost, and fails the first statement of the next
  // connection with it, unsent.
  const failuresAfter: Readonly<Record<string, number>> = { pg: 0, 'postgres.js': 1 }

  for (const [driver, openPool] of Object.entries(pools)) {
    test(`connections that PostgreSQL ends: while a verb uses one: that verb fails, and soon others work, ${driver}`, async () => {
      const { store, close }: OpenedPool = openPool(running.address, { max: 1 })
      const record = sampleRecord(now)
      await store.create(record, now)
      await administrator.query('begin')
      await administrator.query('update coatcheck_sessions set version = version')
      const touching = assert.rejects(async () => store.touch(record.key, now + 1, now + 60_001, now))
      const watch = new Client({ ...connectionOf(running.address), user: 'postgres' })
      await watch.connect()
      await waitForWaiting(watch, 1)
      await administrator.query(terminate)
      await touching
      await administrator.query('rollback')
      await watch.end()
      for (let failures = failuresAfter[driver] ?? 0; failures > 0; failures -= 1)
        await Promise.resolve(store.ping()).catch(() => {})
      assert.deepEqual(await store.read(record.key, now), record)
      await close()
    })
  }

  const clients: Readonly<
    Record<string, () => Promise<{ emitter: Pool | Client; ended: Promise<unknown> }>>
  > = {
    async Pool() {
      const pool = new Pool({ ...connectionOf(running.address), max: 3 })
      const ended = new Promise((resolve) => pool.on('remove', resolve))
      return { emitter: pool, ended }
    },
    async Client() {
      const client = new Client(connectionOf(running.address))
      await client.connect()
      return { emitter: client, ended: new Promise((resolve) => client.on('end', () => resolve(undefined))) }
    },
  }
  for (const [name, open] of Object.entries(clients)) {
    test(`connections that PostgreSQL ends: while nobody uses one: the process lives on without a listener for errors, ${name}`, async () => {
      const { emitter, ended } = await open()
      const store: PostgresStore = postgresStore(emitter)
      await store.ping()
      assert.equal(emitter.listenerCount('error'), 1)
      await administrator.query(terminate)
      await ended
      if (emitter instanceof Pool) await store.ping()
      await emitter.end().catch(() => {})
    })
  }

  test("a listener of the application's stays the only one", async () => {
    const pool = new Pool(connectionOf(running.address))
    pool.on('error', () => {})
    postgresStore(pool)
    assert.equal(pool.listenerCount('error'), 1)
    await pool.end()
  })
})
