import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inspect as show } from 'node:util'
import { Redis } from 'ioredis'
import { createClient, createClientPool, RESP_TYPES } from 'redis'
import { day } from '../../src/duration.ts'
import { SessionConfigError } from '../../src/contract/errors.ts'
import type { RedisClient } from '../../src/stores/redis.ts'
import { redisStore } from '../../src/stores/redis.ts'
import {
  expectationOf,
  randomHex,
  sampleChange,
  sampleOwner,
  sampleRecord,
} from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { processReadCases } from '../../src/testing/store-cases/process-read-cases.ts'
import { casesFor } from '../../src/testing/store-promises.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { redisEngines, startRedis } from './redis.ts'
import { endAll } from './redis/end-all.ts'
import { inspect } from './redis/start-redis.ts'
import { until } from './until.ts'

// What drivers can be set to, and what servers do that have other clocks or no memory left.

const now = Date.now()
const host = '127.0.0.1'
const cache = { ttl: 0, maxEntries: 1000, evictPolicy: 'LRU' } as const
const bytes = { [RESP_TYPES.BLOB_STRING]: Buffer }
const [engine] = redisEngines

interface Connected {
  readonly client: RedisClient
  disconnect(): void
}

/** Settings under which a driver sends or returns something else. */
const drivers: Readonly<Record<string, (port: number) => Promise<Connected>>> = {
  'node-redis over RESP2': (port) => connectNodeRedis(createClient({ RESP: 2, socket: { host, port } })),
  'node-redis with a client-side cache': (port) =>
    connectNodeRedis(createClient({ RESP: 3, clientSideCache: cache, socket: { host, port } })),
  async 'a pool of node-redis'(port) {
    const client = createClientPool({ socket: { host, port } }, { maximum: 3 })
    await client.connect()
    return { client, disconnect: () => client.destroy() }
  },
  'node-redis that returns bytes': (port) =>
    connectMapped(createClient({ commandOptions: { typeMapping: bytes }, socket: { host, port } })),
  async 'node-redis with a type mapping of its own'(port) {
    const client = createClient({ RESP: 3, socket: { host, port } })
    await client.connect()
    const mapping = { ...bytes, [RESP_TYPES.NUMBER]: String, [RESP_TYPES.SIMPLE_STRING]: Buffer }
    return { client: client.withTypeMapping(mapping), disconnect: () => client.destroy() }
  },
  'ioredis over RESP2': (port) => connectIoredis(new Redis({ host, port, protocol: 2, lazyConnect: true })),
  'ioredis with numbers as text': (port) =>
    connectIoredis(new Redis({ host, port, stringNumbers: true, lazyConnect: true })),
  'ioredis with automatic pipelines': (port) =>
    connectIoredis(new Redis({ host, port, enableAutoPipelining: true, lazyConnect: true })),
}

describe('redisStore with drivers of all settings', { skip: engine ? missing(engine) : 'no engine' }, () => {
  let running: RunningEngine
  let port = 0

  before(async () => {
    running = await startRedis()
    port = running.address.ports[0] ?? 0
  })
  after(() => running?.stop())

  for (const [name, connect] of Object.entries(drivers)) {
    test(`${name} keeps the contract`, async (context) => {
      const [one, other] = [await connect(port), await connect(port)]
      try {
        const [store, peer] = [redisStore(one.client), redisStore(other.client)]
        // A notice from Redis takes a moment: see the test of the client-side cache below.
        const late = name.includes('cache') ? processReadCases : []
        for (const storeCase of casesFor(store, { peer }).filter((each) => !late.includes(each)))
          await context.test(storeCase.name, () => storeCase.run(storeCaseContext(store, { peer })))
      } finally {
        one.disconnect()
        other.disconnect()
      }
    })
  }

  for (const days of [-30, 30]) {
    test(`the contract holds when the clock of Redis is ${days} days off`, async (context) => {
      const connected = await connectNodeRedis(createClient({ socket: { host, port } }))
      try {
        const store = redisStore(connected.client, { prefix: `off${days}:` })
        for (const storeCase of casesFor(store)) {
          await context.test(storeCase.name, () =>
            storeCase.run(storeCaseContext(store, { now: now - days * day })),
          )
        }
      } finally {
        connected.disconnect()
      }
    })
  }

  test('a client-side cache answers reads, and sees what others write', async () => {
    const cached = await connectNodeRedis(
      createClient({ RESP: 3, clientSideCache: cache, socket: { host, port } }),
    )
    const plain = await connectNodeRedis(createClient({ socket: { host, port } }))
    try {
      const [store, other] = [redisStore(cached.client), redisStore(plain.client)]
      const record = sampleRecord(now)
      await store.create(record, now)
      await store.read(record.key, now)
      const start = await running.countCommands()
      for (let time = 0; time < 100; time += 1) assert.ok(await store.read(record.key, now))
      assert.equal((await running.countCommands()) - start, 0)

      const change = sampleChange(record, { data: '"by another"' })
      assert.equal(await other.commit(record.key, expectationOf(record), change, now), true)
      assert.equal((await store.readUncached(record.key, now))?.data, '"by another"')
      await until(async () => (await store.read(record.key, now))?.data === '"by another"', 'it was changed')
      await other.delete(record.key)
      assert.equal(await store.readUncached(record.key, now), undefined)
      await until(async () => (await store.read(record.key, now)) === undefined, 'it was deleted')
    } finally {
      cached.disconnect()
      plain.disconnect()
    }
  })

  test('an uncached read reaches the server when the cache would answer', async () => {
    const { client, disconnect } = await connectNodeRedis(
      createClient({ RESP: 3, clientSideCache: cache, socket: { host, port } }),
    )
    try {
      const store = redisStore(client)
      const record = sampleRecord(now)
      await store.create(record, now)
      await store.read(record.key, now)
      await store.readUncached(record.key, now)
      const start = await running.countCommands()
      await store.readUncached(record.key, now)
      assert.equal((await running.countCommands()) - start, 1)
    } finally {
      disconnect()
    }
  })

  test('what volatile-ttl evicts is sessions, not the sets that list those it keeps', async () => {
    const own = await startRedis()
    const [ownPort = 0] = own.address.ports
    const { client, disconnect } = await connectNodeRedis(createClient({ socket: { host, port: ownPort } }))
    const configure = (name: string, value: string): Promise<unknown> =>
      inspect(ownPort, (inspector) => inspector.sendCommand(['CONFIG', 'SET', name, value]))
    try {
      await configure('maxmemory-policy', 'volatile-ttl')
      // So many that chance decides nothing.
      await configure('maxmemory-samples', '64')
      const store = redisStore(client)
      const data = JSON.stringify('x'.repeat(1000))
      const life = { data, idleTimeout: day, idleExpiresAt: now + day, endsAt: now + day }
      const create = (userId: string): Promise<boolean> =>
        Promise.resolve(store.create(sampleRecord(now, { ...life, userId }), now))
      const users = Array.from({ length: 3000 }, (_, index) => `u_${index}`)
      await Promise.all(users.slice(0, 1000).map(create))
      const memory = await inspect(ownPort, (inspector) => inspector.sendCommand<string>(['INFO', 'memory']))
      await configure('maxmemory', /used_memory:(\d+)/.exec(memory)?.[1] ?? '')
      for (const userId of users.slice(1000)) await create(userId)
      await configure('maxmemory', '0')
      const keys = await inspect(ownPort, (inspector) =>
        inspector.sendCommand<string[]>(['KEYS', 'coatcheck:session:*']),
      )
      const listed = await Promise.all(
        users.map(async (userId) => store.countByUser(sampleOwner(userId), now)),
      )
      assert.ok(keys.length < users.length, 'nothing was evicted')
      assert.equal(
        listed.reduce((sum, count) => sum + count, 0),
        keys.length,
      )
    } finally {
      disconnect()
      await own.stop()
    }
  })

  test('the error of a server without memory shows nothing of the session', async () => {
    const connections = [
      await connectNodeRedis(createClient({ socket: { host, port } })),
      await connectIoredis(new Redis({ host, port, lazyConnect: true })),
    ]
    await inspect(port, (inspector) => inspector.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']))
    try {
      for (const { client } of connections) {
        const store = redisStore(client)
        const record = sampleRecord(now, { data: '"the cart"', userId: `u_${randomHex(4)}` })
        await assert.rejects(
          async () => store.create(record, now),
          (error) => {
            const shown = show(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
            assert.match(shown, /OOM/)
            for (const text of [record.key, record.verifierHash, record.userId ?? '', 'the cart'])
              assert.ok(!shown.includes(text), 'the error shows a part of the session')
            return true
          },
        )
        assert.equal(await store.read(record.key, now), undefined)
      }
    } finally {
      await inspect(port, (inspector) => inspector.sendCommand(['CONFIG', 'SET', 'maxmemory', '0']))
      for (const { disconnect } of connections) disconnect()
    }
  })

  test('a user may have more sessions than the driver queues commands', async () => {
    const limits = { commandsQueueMaxLength: 500, socket: { host, port } }
    const { client, disconnect } = await connectNodeRedis(createClient(limits))
    try {
      const store = redisStore(client, { prefix: 'robot:' })
      const create = (): Promise<boolean> =>
        Promise.resolve(store.create(sampleRecord(now, { userId: 'robot' }), now))
      for (let count = 0; count < 1200; count += 200) await Promise.all(Array.from({ length: 200 }, create))
      assert.equal((await store.listByUser(sampleOwner('robot'), { limit: 2000 }, now)).length, 1200)
      assert.equal((await endAll(store, 'robot', now)).length, 1200)
    } finally {
      disconnect()
    }
  })

  test('what has the methods of a client but not its answers is refused at the first use', async () => {
    const nodeRedis = createClient({ socket: { host, port } })
    await nodeRedis.connect()
    const ioredis = new Redis({ host, port, lazyConnect: true })
    await ioredis.connect()
    try {
      for (const client of [nodeRedis.multi(), ioredis.pipeline()]) {
        const store = redisStore(client as unknown as RedisClient)
        const record = sampleRecord(now)
        for (const verb of [
          () => store.create(record, now),
          () => store.commit(record.key, expectationOf(record), sampleChange(record), now),
        ]) {
          await assert.rejects(
            async () => verb(),
            (error) => error instanceof SessionConfigError && /pipelines/.test(error.message),
          )
        }
      }
    } finally {
      nodeRedis.destroy()
      ioredis.disconnect()
    }
  })

  test('a lost connection ends neither a client without a listener nor the process', async () => {
    const own = await startRedis()
    const client = createClient({ socket: { host, port: own.address.ports[0] ?? 0 } })
    const store = redisStore(client)
    await client.connect()
    try {
      const record = sampleRecord(now)
      assert.equal(await store.create(record, now), true)
      const [server] = own.servers
      const lost = new Promise((resolve) => client.once('reconnecting', resolve))
      await server?.stop('SIGKILL')
      await lost
      await server?.start()
      assert.equal((await store.read(record.key, now))?.key, record.key)
    } finally {
      client.destroy()
      await own.stop()
    }
  })
})

async function connectNodeRedis(client: ReturnType<typeof createClient>): Promise<Connected> {
  await client.connect()
  return { client, disconnect: () => client.destroy() }
}

/** The client's type says what it returns, which is not what node-redis returns by default. */
async function connectMapped(
  client: RedisClient & { connect(): Promise<unknown>; destroy(): void },
): Promise<Connected> {
  await client.connect()
  return { client, disconnect: () => client.destroy() }
}

async function connectIoredis(client: Redis): Promise<Connected> {
  await client.connect()
  return { client, disconnect: () => client.disconnect() }
}
