import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { cachedStore } from '../../src/stores/cached.ts'
import { redisStore } from '../../src/stores/redis.ts'
import type { RedisClient } from '../../src/stores/redis.ts'
import type { SessionRecord, SessionStore } from '../../src/contract/store.ts'
import { expectationOf, sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'
import type { Address, Engine, OpenedStore, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { openStore } from './open-store.ts'
import { inspect } from './redis/start-redis.ts'
import { clusterEngines } from './redis-cluster.ts'
import { sentinelEngines } from './redis-sentinel.ts'
import { redisEngines } from './redis.ts'
import { until } from './until.ts'

const host = '127.0.0.1'
const clientSideCache = { ttl: 0, maxEntries: 1000 }

/** A way to have node-redis track what it reads. */
interface Tracking {
  readonly engine: Engine | undefined
  /** A store on a client that tracks, with connections of its own. */
  open(address: Address): Promise<OpenedStore>
}

/** A client of any kind. */
interface Connecting {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown> | undefined
  destroy(): unknown
}

async function openWith(client: Connecting & RedisClient): Promise<OpenedStore> {
  client.on('error', () => {})
  await client.connect()
  return { store: redisStore(client), close: async () => void client.destroy() }
}

const ways: Readonly<Record<string, Tracking>> = {
  'a client with emitInvalidate': {
    engine: redisEngines[0],
    open: ({ ports: [port = 0] }) =>
      openWith(createClient({ RESP: 3, emitInvalidate: true, socket: { host, port } })),
  },
  'a client with clientSideCache': {
    engine: redisEngines[0],
    open: ({ ports: [port = 0] }) =>
      openWith(createClient({ RESP: 3, clientSideCache, socket: { host, port } })),
  },
  'a pool': {
    engine: redisEngines[0],
    open: ({ ports: [port = 0] }) =>
      openWith(createClientPool({ RESP: 3, socket: { host, port } }, { clientSideCache, minimum: 3 })),
  },
  'a Cluster': {
    engine: clusterEngines[0],
    open: ({ ports }) =>
      openWith(
        createCluster({
          RESP: 3,
          clientSideCache,
          rootNodes: ports.map((port) => ({ socket: { host, port } })),
        }),
      ),
  },
  Sentinel: {
    engine: sentinelEngines[0],
    open: ({ ports, details }) =>
      openWith(
        createSentinel({
          RESP: 3,
          clientSideCache,
          passthroughClientErrorEvents: true,
          name: details?.['masterName'] ?? '',
          sentinelRootNodes: ports.slice(2).map((port) => ({ host, port })),
        }),
      ),
  },
}

for (const [name, { engine, open }] of Object.entries(ways)) {
  assert.ok(engine)
  describe(`a cache around a Redis store on ${name}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let tracked: OpenedStore
    let other: OpenedStore
    let store: SessionStore

    before(async () => {
      running = await engine.start()
      tracked = await open(running.address)
      other = await openStore(running.address)
      // Without notices nothing below would be seen for an hour.
      store = cachedStore(tracked.store, { ttl: '1h' })
    })
    after(async () => {
      await tracked?.close()
      await other?.close()
      await running?.stop()
    })

    test(`a cache around a Redis store on ${name} forgets what another process deletes, revokes or changes`, async () => {
      for (const [index, act] of acts.entries()) {
        const record = await cached(store, other.store)
        const expected = await act(other.store, record)
        await until(
          async () => (await store.read(record.key, record.createdAt))?.data === expected,
          `act ${index}`,
        )
      }
    })
    test(`a cache around a Redis store on ${name} serves the rest from memory`, async () => {
      const record = await cached(store, other.store)
      const [another] = [await cached(store, other.store)]
      await other.store.delete(another?.key ?? '')
      await until(() => !isCached(store, another), 'the other one was forgotten')
      assert.ok(isCached(store, record))
    })
    test(`a cache around a Redis store on ${name} sees at once what it writes itself`, async () => {
      for (let round = 0; round < 50; round += 1) {
        const record = await cached(store, store)
        const change = sampleChange(record, { data: `${round}` })
        assert.equal(await store.commit(record.key, expectationOf(record), change, record.createdAt), true)
        assert.equal((await store.read(record.key, record.createdAt))?.data, `${round}`)
        assert.equal((await store.read(record.key, record.createdAt))?.data, `${round}`)
        assert.equal(await store.delete(record.key), true)
        assert.equal(await store.read(record.key, record.createdAt), undefined)
      }
    })
    test(`a cache around a Redis store on ${name} keeps the contract`, async (context) => {
      const brief = cachedStore(tracked.store)
      for (const storeCase of casesFor(brief, { peer: other.store })) {
        await context.test(storeCase.name, () =>
          storeCase.run(storeCaseContext(brief, { peer: other.store })),
        )
      }
    })
    test(`a cache around a Redis store on ${name} forgets everything when a connection is lost, since it missed what happened then`, async () => {
      const record = await cached(store, other.store)
      for (const port of running.address.ports) await killClients(port)
      await until(() => !isCached(store, record), 'a lost connection emptied the cache')
      await until(async () => (await store.read(record.key, record.createdAt)) !== undefined, 'it goes on')
      await until(() => isCached(store, record), 'it caches again')
      await until(async () => other.store.delete(record.key), 'the other process goes on')
      await until(
        async () => (await store.read(record.key, record.createdAt)) === undefined,
        'it tracks again',
      )
    })
  })
}

describe('a Redis store reports no changes', { skip: missing(redisEngines[0] ?? assert.fail()) }, () => {
  let running: RunningEngine
  const opened: OpenedStore[] = []

  before(async () => {
    running = await (redisEngines[0] ?? assert.fail()).start()
  })
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close()
  })
  after(() => running?.stop())

  for (const { name } of redisEngines) {
    test(`a Redis store reports no changes on a client of ${name} that does not track`, async () => {
      const kind = `redis ${name.replace('Redis, ', '')}`
      const plain = await openStore({ ...running.address, kind })
      opened.push(plain)
      assert.ok(!('onInvalidation' in plain.store))
    })
  }
  test('a Redis store reports no changes to a listener that was removed', async () => {
    const [port = 0] = running.address.ports
    const client = createClient({ RESP: 3, emitInvalidate: true, socket: { host, port } })
    client.on('error', () => {})
    await client.connect()
    const store = redisStore(client)
    opened.push({ store, close: async () => client.destroy() })
    const before = client.eventNames().map((event) => [event, client.listenerCount(event)])
    const heard: (string | undefined)[] = []
    const stop = store.onInvalidation?.((key) => void heard.push(key))
    const record = await cached(store, store)
    await client.set('of the application', '1')
    await client.get('of the application')
    await client.set('of the application', '2')
    await store.delete(record.key)
    await until(() => heard.length > 0, 'a notice came')
    assert.deepEqual(heard, [record.key])
    await client.get('of the application')
    await inspect(port, (inspector) => inspector.sendCommand(['FLUSHALL']))
    await until(() => heard.length > 1, 'a notice of the flush came')
    assert.equal(heard[1], undefined)
    stop?.()
    assert.deepEqual(
      client.eventNames().map((event) => [event, client.listenerCount(event)]),
      before,
    )
  })
})

/** What another process may do to a record, and the data that are to be read then. */
const acts: readonly ((store: OpenedStore['store'], record: SessionRecord) => Promise<string | undefined>)[] =
  [
    async (store, { key }) => void (await store.delete(key)),
    async (store, { owner = '', createdAt }) => void (await store.deleteByUser(owner, {}, createdAt)),
    async (store, { owner, key }) => void (await store.delete(key, owner)),
    async (store, { owner = '', handle, createdAt }) =>
      void (await store.deleteByHandle(owner, handle, createdAt)),
    async (store, record) => {
      const change = sampleChange(record, { data: '"theirs"' })
      assert.equal(await store.commit(record.key, expectationOf(record), change, record.createdAt), true)
      return change.data
    },
  ]

/** A record that a store has read and now serves from memory. */
async function cached(store: SessionStore, writer: SessionStore): Promise<SessionRecord> {
  const now = Date.now()
  const record = sampleRecord(now, { userId: `u_${now}_${Math.random()}`, idleTimeout: 3_600_000 })
  assert.equal(await writer.create({ ...record, idleExpiresAt: now + 3_600_000 }, now), true)
  assert.equal((await store.read(record.key, now))?.key, record.key)
  return record
}

/** Whether a read is answered without a promise. */
function isCached(store: SessionStore, { key, createdAt }: SessionRecord): boolean {
  const answer = store.read(key, createdAt)
  if (!(answer instanceof Promise)) return true
  answer.catch(() => {})
  return false
}

/** Closes the connections of all clients of one server. */
async function killClients(port: number): Promise<void> {
  await inspect(port, (inspector) =>
    inspector.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']),
  )
}
