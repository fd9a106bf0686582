import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import { missing } from './engines.ts'
import { clusterEngines } from './redis-cluster.ts'
import { redisEngines } from './redis.ts'
import { endAll } from './redis/end-all.ts'
import { connectors } from './redis/open-redis.ts'

// A robot signs in again and again, and all its sessions end at one instant. 100 000 take a minute to make, so there are
// fewer here: what counts is how much each verb asks the server for. MANY_SESSIONS=100000 makes as many.

const now = Date.now()
const count = Number(process.env['MANY_SESSIONS'] ?? 4000)
const day = 86_400_000

for (const engine of [...redisEngines, ...clusterEngines]) {
  describe(`a user with ${count} sessions, on ${engine.name}`, { skip: missing(engine) }, () => {
    test(`a user with ${count} sessions, on ${engine.name} lists pages, ends one by its handle, signs in within a limit, and ends all in steps`, async (context) => {
      const running = await engine.start()
      const connect = connectors[running.address.kind as keyof typeof connectors]
      const { client, disconnect } = await connect(running.address)
      const measure = async <Value>(name: string, work: () => Value | Promise<Value>): Promise<Value> => {
        const start = performance.now()
        const value = await work()
        context.diagnostic(`${name}: ${Math.round(performance.now() - start)} ms`)
        return value
      }
      try {
        const store = redisStore(client)
        const owner = sampleOwner('robot')
        const life = { userId: 'robot', endsAt: now + day, idleTimeout: day, idleExpiresAt: now + day }
        const handles = new Set<string>()
        while (handles.size < count) {
          const records = Array.from({ length: 500 }, () => sampleRecord(now, life))
          for (const { handle } of records) handles.add(handle)
          await Promise.all(records.map(async (record) => store.create(record, now)))
        }
        const first = await measure('a page of 100', () => store.listByUser(owner, { limit: 100 }, now))
        const before = await running.countCommands()
        const next = await measure('the next', () =>
          store.listByUser(owner, { limit: 100, after: first.at(-1) }, now),
        )
        assert.ok((await running.countCommands()) - before <= 102, 'a page asks for more than its sessions')
        const listed = new Set([...first, ...next].map(({ handle }) => handle))
        assert.equal(listed.size, 200)

        const [handle = ''] = listed
        assert.equal(await measure('one by its handle', () => store.deleteByHandle(owner, handle, now)), true)
        const login = sampleRecord(now, life)
        const { evicted } = await measure('a login within 100', () =>
          splitLimits(store).createWithin(login, 100, now),
        )
        assert.equal(evicted.length, 100)
        const left = await measure('all counted', () => store.countByUser(owner, now))
        assert.equal(left, handles.size - 100)
        const ended = await measure('all ended', () => endAll(store, 'robot', now))
        assert.equal(new Set(ended).size, left)
        assert.equal(await store.countByUser(owner, now), 0)
      } finally {
        void disconnect()
        await running.stop()
      }
    })
  })
}
