import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { expectationOf, sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { clusterEngines } from './redis-cluster.ts'
import { connectors } from './redis/open-redis.ts'
import { inspect } from './redis/start-redis.ts'

// Slots move between the masters of a Cluster while it works. The drivers follow; the store must let them.

const now = Date.now()

for (const engine of clusterEngines) {
  describe(`a slot that moves, on ${engine.name}`, { skip: missing(engine) }, () => {
    test(`a slot that moves, on ${engine.name} is followed by every verb, while it moves and afterwards`, async () => {
      const running = await engine.start()
      const connect = connectors[running.address.kind as 'redis-cluster ioredis']
      const { client, disconnect } = await connect(running.address)
      try {
        const store = redisStore(client)
        const record = sampleRecord(now)
        await store.create(record, now)
        const move = await beginMove(running, `coatcheck:session:${record.key}`)

        // The key has gone ahead, and the former master answers ASK.
        await move.migrate()
        assert.equal((await store.read(record.key, now))?.key, record.key)
        const change = sampleChange(record, { data: '"asked"' })
        assert.equal(await store.commit(record.key, expectationOf(record), change, now), true)
        assert.equal(await store.touch(record.key, now + 1, now + 60_001, now), true)

        // It answers MOVED.
        await move.finish()
        const next = sampleChange({ ...record, ...change }, { data: '"moved"', userId: 'u_1' })
        const expected = { version: 2, commitId: change.commitIds[0] ?? '' }
        assert.equal(await store.commit(record.key, expected, next, now), true)
        assert.equal((await store.readUncached(record.key, now))?.data, '"moved"')
        assert.equal(await store.countByUser(sampleOwner('u_1'), now), 1)
        assert.equal((await store.deleteByUser(sampleOwner('u_1'), {}, now)).handles.length, 1)
        await store.ping()
      } finally {
        disconnect()
        await running.stop()
      }
    })
  })
}

for (const engine of clusterEngines) {
  describe(`the list of a user that moves, on ${engine.name}`, { skip: missing(engine) }, () => {
    test(`the list of a user that moves, on ${engine.name} is waited for by a login and by a revocation, which happen once`, async () => {
      const running = await engine.start()
      const connect = connectors[running.address.kind as 'redis-cluster ioredis']
      const { client, disconnect } = await connect(running.address)
      try {
        const store = redisStore(client)
        const owner = sampleOwner('u_1')
        const [first, second] = [sampleRecord(now, { userId: 'u_1' }), sampleRecord(now, { userId: 'u_1' })]
        await store.create(first, now)
        // A set that has gone ahead, and keys beside it that do not exist: Redis answers TRYAGAIN.
        const move = await beginMove(running, `coatcheck:user:{${owner}}`)
        await move.migrate()
        const login = Promise.resolve(splitLimits(store).createWithin(second, 5, now))
        assert.equal(await Promise.race([login.then(() => 'answered'), wait(100, 'waiting')]), 'waiting')
        await move.finish()
        assert.deepEqual(await login, { isWritten: true, evicted: [] })
        const { handles } = await store.deleteByUser(owner, {}, now)
        assert.deepEqual(handles.toSorted(), [first.handle, second.handle].toSorted())
      } finally {
        disconnect()
        await running.stop()
      }
    })
  })
}

interface Move {
  /** Takes the keys of the slot to its new master. */
  migrate(): Promise<void>
  /** Tells all masters whose the slot is now. */
  finish(): Promise<void>
}

/** Begins to move the slot of a key to another master. */
async function beginMove({ address: { ports } }: RunningEngine, key: string): Promise<Move> {
  const slot = String(await ask<number>(ports[0] ?? 0, 'CLUSTER', 'KEYSLOT', key))
  const counts = await Promise.all(ports.map((port) => ask<number>(port, 'CLUSTER', 'COUNTKEYSINSLOT', slot)))
  const from = ports[counts.findIndex((count) => count > 0)] ?? 0
  const to = ports.find((port) => port !== from) ?? 0
  const [fromId, toId] = [
    await ask<string>(from, 'CLUSTER', 'MYID'),
    await ask<string>(to, 'CLUSTER', 'MYID'),
  ]
  await ask(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
  await ask(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
  return {
    async migrate() {
      assert.equal(await ask(from, 'MIGRATE', '127.0.0.1', `${to}`, key, '0', '5000'), 'OK')
    },
    async finish() {
      const rest = await ask<string[]>(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '9')
      if (rest.length > 0) await ask(from, 'MIGRATE', '127.0.0.1', `${to}`, '', '0', '5000', 'KEYS', ...rest)
      for (const port of [to, from, ...ports]) await ask(port, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId)
    },
  }
}

function ask<Reply>(port: number, ...command: string[]): Promise<Reply> {
  return inspect(port, (inspector) => inspector.sendCommand<Reply>(command))
}
