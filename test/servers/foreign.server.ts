import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import expressSession from 'express-session'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { createStorage } from 'unstorage'
import redisDriver from 'unstorage/drivers/redis'
import { fromExpressStore, fromUnstorage } from '../../src/stores/basic.ts'
import type { BasicStore } from '../../src/stores/basic.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'
import type { Address, Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { application, runAsAdministrator } from './postgres.ts'
import { redisEngines } from './redis.ts'

/** A published store of another library on a real server. */
interface ForeignStore {
  readonly name: string
  readonly engine: Engine | undefined
  /** Opens it, with connections of its own. */
  open(address: Address): Promise<{ readonly store: BasicStore; close(): Promise<unknown> }>
  /** The seconds that the server will keep the row of a key. */
  readTimeToLive(port: number, key: string): Promise<number>
}

const foreignStores: readonly ForeignStore[] = [
  {
    name: 'connect-redis',
    engine: redisEngines[0],
    async open({ ports: [port = 0] }) {
      const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } })
      client.on('error', () => {})
      await client.connect()
      return {
        store: fromExpressStore(new RedisStore({ client })),
        close: async () => client.destroy(),
      }
    },
    readTimeToLive: (port, key) => readRedisTimeToLive(port, `sess:${key}`),
  },
  {
    name: 'the redis driver of unstorage',
    engine: redisEngines[0],
    async open({ ports: [port = 0] }) {
      const driver = redisDriver({ host: '127.0.0.1', port, base: 'app', maxRetriesPerRequest: 0 })
      driver.getInstance?.().on('error', () => {})
      const storage = createStorage({ driver })
      return { store: fromUnstorage(storage), close: () => storage.dispose() }
    },
    readTimeToLive: (port, key) => readRedisTimeToLive(port, `app:${key}`),
  },
  {
    name: 'connect-pg-simple',
    engine: postgresEngines[0],
    async open(address) {
      const pool = new Pool(connectionOf(address))
      pool.on('error', () => {})
      const PgStore = connectPgSimple(expressSession)
      const expressStore = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
      return { store: fromExpressStore(expressStore), close: () => pool.end() }
    },
    async readTimeToLive(port, key) {
      const query = `select extract(epoch from expire - localtimestamp) as seconds from session where sid = '${key}'`
      const [row] = await runAsAdministrator(port, application.database, query)
      return Number(row?.['seconds'])
    },
  },
]

for (const { name, engine, open, readTimeToLive } of foreignStores) {
  assert.ok(engine)
  describe(`${name} as a store`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let opened: Awaited<ReturnType<typeof open>>
    let port: number

    before(async () => {
      running = await engine.start()
      port = running.address.ports[0] ?? 0
      opened = await open(running.address)
    })
    after(async () => {
      await opened?.close()
      await running?.stop()
    })

    test(`${name} as a store keeps the contract within one process`, async (context) => {
      for (const storeCase of casesFor(opened.store))
        await context.test(storeCase.name, () => storeCase.run(storeCaseContext(opened.store)))
    })
    test(`${name} as a store keeps rows for a minute beyond their end, and a touch prolongs that`, async () => {
      const now = Date.now()
      const { key } = await stored(opened.store, now)
      const first = await readTimeToLive(port, key)
      assert.ok(first > 100 && first <= 122, `${first} s`)
      await opened.store.touch(key, now, now + 600_000, now)
      const second = await readTimeToLive(port, key)
      assert.ok(second > 640 && second <= 662, `${second} s`)
    })
    test(`${name} as a store needs no agreement with the clock of the server`, async () => {
      for (const now of [Date.now() - 86_400_000 * 365, Date.now() + 86_400_000 * 365]) {
        const record = await stored(opened.store, now)
        assert.deepEqual(await opened.store.read(record.key, now), record)
      }
    })
    test(`${name} as a store rejects every verb when the server is gone`, async () => {
      const now = Date.now()
      const { key } = await stored(opened.store, now)
      await running.servers[0]?.stop('SIGKILL')
      await assert.rejects(async () => opened.store.read(key, now))
      await assert.rejects(async () => opened.store.create(sampleRecord(now), now))
      await assert.rejects(async () => opened.store.touch(key, now, now + 90_000, now))
      await assert.rejects(async () => opened.store.delete(key))
    })
  })
}

async function stored(store: BasicStore, now: number): Promise<ReturnType<typeof sampleRecord>> {
  const record = sampleRecord(now)
  assert.equal(await store.create(record, now), true)
  return record
}

async function readRedisTimeToLive(port: number, key: string): Promise<number> {
  const client = new Redis({ host: '127.0.0.1', port })
  const seconds = await client.ttl(key)
  client.disconnect()
  return seconds
}
