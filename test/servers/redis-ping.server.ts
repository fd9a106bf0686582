import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import type { RedisClient, RedisStore } from '../../src/stores/redis.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { clusterEngines } from './redis-cluster.ts'
import { redisEngines, startRedis } from './redis.ts'
import { askAll } from './redis/ask-master.ts'
import { connectors } from './redis/open-redis.ts'
import { inspect } from './redis/start-redis.ts'
import { until } from './until.ts'

// A ping resolves when the store would take a write, and only then.

const now = Date.now()
const host = '127.0.0.1'
const [engine] = redisEngines

/** The rights that the documentation names, as one asks for them. */
const page = readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8')
const rights = (/need the rights to `([a-z\s]+)` on the keys/.exec(page)?.[1] ?? '').split(/\s+/)

/** What a driver needs for itself. */
const connecting = ['ping', 'info']

/** What makes a server refuse writes, and what it says then. */
const refusals: readonly (readonly [
  name: string,
  setting: string,
  value: string,
  back: string,
  says: RegExp,
])[] = [
  ['has no memory left', 'maxmemory', '1', '0', /OOM/],
  ['lacks replicas', 'min-replicas-to-write', '1', '0', /NOREPLICAS/],
]

for (const { name, start, programs } of [...redisEngines, ...clusterEngines]) {
  describe(`a ping on ${name}`, { skip: missing({ name, programs }) }, () => {
    let running: RunningEngine
    let store: RedisStore
    let disconnect: () => void

    before(async () => {
      running = await start()
      const connected = await connectors[running.address.kind as keyof typeof connectors](running.address)
      store = redisStore(connected.client)
      disconnect = connected.disconnect
    })
    after(async () => {
      disconnect?.()
      await running?.stop()
    })

    test(`a ping on ${name} leaves no key behind, on any master`, async () => {
      await store.ping()
      for (const port of running.address.ports) assert.deepEqual(await ask(port, 'KEYS', '*'), [])
    })

    for (const [reason, setting, value, back, says] of refusals) {
      test(`a ping on ${name} rejects when a master ${reason}, and resolves when it is well again`, async () => {
        const port = running.address.ports.at(-1) ?? 0
        await ask(port, 'CONFIG', 'SET', setting, value)
        await assert.rejects(async () => store.ping(), says)
        await ask(port, 'CONFIG', 'SET', setting, back)
        await store.ping()
        assert.deepEqual(await ask(port, 'KEYS', '*'), [])
      })
    }

    test('calls under way together share one check', async () => {
      const earlier = await running.countCommands()
      await Promise.all([store.ping(), store.ping(), store.ping()])
      const together = (await running.countCommands()) - earlier
      await store.ping()
      assert.equal((await running.countCommands()) - earlier, 2 * together)
    })
  })
}

describe('a ping in a Redis Cluster', { skip: clusterEngines[0] ? missing(clusterEngines[0]) : '' }, () => {
  test('a ping in a Redis Cluster rejects when a part of the slots is served by nobody', async () => {
    for (const { start } of clusterEngines) {
      const running = await start()
      const { client, disconnect } = await connectors[running.address.kind as 'redis-cluster ioredis'](
        running.address,
      )
      try {
        const store = redisStore(client)
        await store.ping()
        await askAll(running, ['CLUSTER', 'DELSLOTS', '100'])
        await assert.rejects(async () => store.ping(), /down|CLUSTERDOWN/i)
      } finally {
        disconnect()
        await running.stop()
      }
    }
  })
})

describe('a ping of one Redis', { skip: engine ? missing(engine) : 'no engine' }, () => {
  let running: RunningEngine
  let port = 0

  before(async () => {
    running = await startRedis()
    port = running.address.ports[0] ?? 0
  })
  after(() => running?.stop())

  test('a ping of one Redis rejects on a replica', async () => {
    const replica = await startRedis()
    const [replicaPort = 0] = replica.address.ports
    try {
      await ask(replicaPort, 'REPLICAOF', host, `${port}`)
      await until(
        async () => /master_link_status:up/.test(await ask<string>(replicaPort, 'INFO', 'replication')),
        'the replica is in step',
      )
      await withClients({ port: replicaPort }, async (client) => {
        await assert.rejects(async () => redisStore(client).ping(), /READONLY/)
      })
    } finally {
      await replica.stop()
    }
  })

  test('a ping of one Redis rejects after a snapshot that could not be written, when writes are refused for it', async () => {
    await ask(port, 'CONFIG', 'SET', 'save', '900 1')
    await ask(port, 'SET', 'x', '1')
    const folder = (await ask<string[]>(port, 'CONFIG', 'GET', 'dir'))[1] ?? ''
    // A folder in the place of the file.
    await mkdir(`${folder}/dump.rdb`)
    await until(async () => {
      // It is refused while another runs, which the new setting may have begun.
      await ask(port, 'BGSAVE').catch(() => {})
      return (await ask<string>(port, 'INFO', 'persistence')).includes('rdb_last_bgsave_status:err')
    }, 'the snapshot has failed')
    try {
      await withClients({ port }, async (client) => {
        await assert.rejects(async () => redisStore(client).ping(), /MISCONF/)
      })
    } finally {
      await ask(port, 'CONFIG', 'SET', 'save', '')
      await ask(port, 'DEL', 'x')
    }
  })

  test('a ping of one Redis resolves with exactly the rights that the documentation names, and every verb works with them', async () => {
    assert.ok(rights.length > 8, 'docs/stores.md names no rights')
    await allow('shop', rights)
    await withClients({ port, username: 'shop', password: 'pw' }, async (client) => {
      const store = redisStore(client)
      await store.ping()
      const record = sampleRecord(now, { userId: 'u' })
      const owner = record.owner ?? ''
      assert.equal((await splitLimits(store).createWithin(record, 1, now)).isWritten, true)
      assert.equal(
        (await splitLimits(store).createWithin(sampleRecord(now, { userId: 'u' }), 1, now)).evicted.length,
        1,
      )
      assert.equal((await store.listByUser(owner, { limit: 9 }, now)).length, 1)
      assert.equal(await store.countByUser(owner, now), 1)
      assert.equal((await store.enumerate(undefined, 100, now)).records.length, 1)
      const [left] = await store.listByUser(owner, { limit: 9 }, now)
      assert.equal(await store.touch(left?.key ?? '', now + 1, now + 60_001, now), true)
      assert.equal(await store.deleteByHandle(owner, left?.handle ?? '', now), true)
      assert.deepEqual(await store.deleteByUser(owner, {}, now), { handles: [] })
    })
    await ask(port, 'FLUSHALL')
  })

  test('a ping of one Redis rejects without any one of these rights, and leaves nothing behind', async () => {
    for (const right of rights.filter((name) => name !== 'eval')) {
      await allow(
        'clerk',
        rights.filter((name) => name !== right),
      )
      await withClients({ port, username: 'clerk', password: 'pw' }, async (client) => {
        await assert.rejects(async () => redisStore(client).ping(), `without ${right}`)
      })
      assert.deepEqual(await ask(port, 'KEYS', '*'), [], `without ${right}`)
    }
  })

  test('a ping of one Redis rejects when the account may not use the prefix', async () => {
    await allow('shop', rights)
    await withClients({ port, username: 'shop', password: 'pw' }, async (client) => {
      await assert.rejects(async () => redisStore(client, { prefix: 'admin:' }).ping())
    })
  })

  async function allow(account: string, commands: readonly string[]): Promise<void> {
    const allowed = [...commands, ...connecting].map((command) => `+${command}`)
    await ask(port, 'ACL', 'SETUSER', account, 'reset', 'on', '>pw', '~coatcheck:*', '-@all', ...allowed)
  }
})

function ask<Reply>(port: number, ...command: string[]): Promise<Reply> {
  return inspect(port, (inspector) => inspector.sendCommand<Reply>(command))
}

async function withClients(
  options: { readonly port: number; readonly username?: string; readonly password?: string },
  work: (client: RedisClient) => Promise<void>,
): Promise<void> {
  const { username, password } = options
  const account = username === undefined ? {} : { username, password: password ?? '' }
  const nodeRedis = createClient({ ...account, socket: { host, port: options.port } })
  const ioredis = new Redis({ ...account, host, port: options.port, lazyConnect: true })
  nodeRedis.on('error', () => {})
  ioredis.on('error', () => {})
  await nodeRedis.connect()
  await ioredis.connect()
  try {
    for (const client of [nodeRedis, ioredis]) await work(client)
  } finally {
    nodeRedis.destroy()
    ioredis.disconnect()
  }
}
