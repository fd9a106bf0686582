import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { redisStore } from '../../src/stores/redis.ts'
import type { RedisStore } from '../../src/stores/redis.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import {
  expectationOf,
  randomHex,
  sampleChange,
  sampleOwner,
  sampleRecord,
} from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { findMaster, sentinelEngines } from './redis-sentinel.ts'
import { endAll } from './redis/end-all.ts'
import { connectors } from './redis/open-redis.ts'
import { openSlowLine } from './redis/slow-replica.ts'
import { inspect } from './redis/start-redis.ts'
import { untilResolved } from './until.ts'

// What a failover by Sentinel does to sessions. Redis acknowledges a write before its replica has it.

const now = Date.now()
const sessions = 300
/** How long the replica is behind, in milliseconds. */
const lag = 20

for (const engine of sentinelEngines) {
  describe(`failover of ${engine.name}`, { skip: missing(engine) }, () => {
    test('the store goes on with the new master, which has every session that was replicated', async () => {
      const running = await engine.start()
      const connect = connectors[running.address.kind as 'redis-sentinel ioredis']
      const { client, disconnect } = await connect(running.address)
      try {
        const store = redisStore(client)
        const userId = `u_${randomHex(4)}`
        const records = Array.from({ length: 50 }, () => sampleRecord(now, { userId }))
        for (const record of records) await store.create(record, now)
        await waitForReplica(running)
        await failOver(running)
        const [first] = records
        assert.ok(first)
        const change = sampleChange(first, { data: '"after"' })
        // Verbs may fail until the driver has found the new master; each must settle.
        await untilResolved(() => store.commit(first.key, expectationOf(first), change, now))
        const { commitIds = [] } = (await untilResolved(() => store.readUncached(first.key, now))) ?? {}
        assert.equal(commitIds[0], change.commitIds[0])
        assert.equal((await store.listByUser(sampleOwner(userId), { limit: 99 }, now)).length, 50)
        assert.equal((await endAll(store, userId, now)).length, 50)
        await store.ping()
      } finally {
        disconnect()
        await running.stop()
      }
    })
  })
}

describe(
  'a failover right after a logout',
  { skip: sentinelEngines[0] ? missing(sentinelEngines[0]) : '' },
  () => {
    test('a failover right after a logout brings sessions back that were not replicated yet, unless the application waits for a replica', async (context) => {
      const hasty = await deleteAndFailOver((store) => store)
      const patient = await deleteAndFailOver((store, client) => ({
        ...store,
        async delete(key) {
          const isDeleted = await store.delete(key)
          if ((await client.wait(1, 1000)) < 1) throw new Error('no replica has confirmed the logout')
          return isDeleted
        },
      }))
      for (const [name, { deleted, revived }] of Object.entries({ 'no WAIT': hasty, 'WAIT 1': patient }))
        context.diagnostic(
          `replica ${lag} ms behind, ${name}: ${revived} of ${deleted} acknowledged deletes lost`,
        )
      assert.ok(hasty.deleted > 0 && patient.deleted > 0)
      assert.equal(patient.revived, 0)
    })
  },
)

/** Deletes sessions as fast as they are acknowledged, kills the master meanwhile, and looks what is there again. */
async function deleteAndFailOver(
  wrap: (store: RedisStore, client: Redis) => RedisStore,
): Promise<{ deleted: number; revived: number }> {
  const [engine] = sentinelEngines
  assert.ok(engine)
  const running = await engine.start()
  const [masterPort = 0, replicaPort = 0] = running.address.ports
  const line = await openSlowLine(masterPort, lag)
  const client = new Redis({
    host: '127.0.0.1',
    port: masterPort,
    retryStrategy: () => null,
    lazyConnect: true,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const store = wrap(redisStore(client), client)
    const records = Array.from({ length: sessions }, () => sampleRecord(now))
    for (const record of records) await redisStore(client).create(record, now)
    await inspect(replicaPort, (inspector) =>
      inspector.sendCommand(['REPLICAOF', '127.0.0.1', `${line.port}`]),
    )
    await waitForReplica(running)
    const deleted: SessionRecord[] = []
    for (const record of records) {
      if (deleted.length === sessions / 2) void running.servers[0]?.stop('SIGKILL')
      try {
        if (await store.delete(record.key)) deleted.push(record)
      } catch {
        break
      }
    }
    await running.servers[0]?.stop('SIGKILL')
    await inspect(replicaPort, (inspector) => inspector.sendCommand(['REPLICAOF', 'NO', 'ONE']))
    return { deleted: deleted.length, revived: await countLeft(replicaPort, deleted) }
  } finally {
    client.disconnect()
    line.close()
    await running.stop()
  }
}

async function countLeft(port: number, records: readonly SessionRecord[]): Promise<number> {
  return inspect(port, (inspector) =>
    inspector.sendCommand<number>(['EXISTS', ...records.map(({ key }) => `coatcheck:session:${key}`)]),
  )
}

/** Waits until the replica has what its master has. */
async function waitForReplica({ address: { ports } }: RunningEngine): Promise<void> {
  const [master = 0, replica = 0] = ports
  for (;;) {
    const offset = await readOffset(master, 'master_repl_offset')
    if (Number(await readOffset(replica, 'slave_repl_offset')) >= Number(offset)) return
    await wait(10)
  }
}

function readOffset(port: number, name: string): Promise<string> {
  return inspect(port, async (inspector) => {
    const info = await inspector.sendCommand<string>(['INFO', 'replication'])
    return info.includes('master_link_status:down')
      ? ''
      : (new RegExp(`${name}:(\\d+)`).exec(info)?.[1] ?? '')
  })
}

async function failOver({ address, servers }: RunningEngine): Promise<void> {
  const [master, , ...sentinels] = address.ports
  await servers[0]?.stop('SIGKILL')
  while ((await findMaster(sentinels)) === master) await wait(20)
}
