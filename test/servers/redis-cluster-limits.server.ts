import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import type { LimitedWrite } from '../../src/contract/limited-writes.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import type { NodeRedisClient } from '../../src/stores/redis/redis-client.ts'
import { redisStore } from '../../src/stores/redis.ts'
import type { RedisStore } from '../../src/stores/redis.ts'
import {
  expectationOf,
  randomHex,
  sampleChange,
  sampleOwner,
  sampleRecord,
} from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { clusterEngines, startRedisCluster } from './redis-cluster.ts'
import { Choices, CommandGate } from './redis/gated-client.ts'
import { loadScripts } from './redis/load-scripts.ts'
import { connectors } from './redis/open-redis.ts'

// In a Cluster a login within a limit takes several commands, and ends sessions in other slots.

const now = Date.now()
const [engine] = clusterEngines

/** One user, and who looks at their sessions. */
interface User {
  readonly userId: string
  readonly owner: string
  /** The keys of those sessions that are alive, as their own records say. */
  findLiving(records: readonly SessionRecord[]): Promise<string[]>
  /** The keys that a list shows. */
  list(at?: number): Promise<string[]>
}

describe('a limit in a Redis Cluster', { skip: engine ? missing(engine) : 'no engine' }, () => {
  let running: RunningEngine
  let client: NodeRedisClient
  let disconnect: () => void
  let plain: RedisStore

  before(async () => {
    running = await startRedisCluster()
    const connected = await connectors['redis-cluster node-redis'](running.address)
    client = connected.client
    disconnect = connected.disconnect
    plain = redisStore(client)
    await loadScripts(running)
  })
  after(async () => {
    disconnect?.()
    await running?.stop()
  })

  function createUser(): User {
    const userId = `u_${randomHex(6)}`
    const owner = sampleOwner(userId)
    return {
      userId,
      owner,
      async findLiving(records) {
        const found = await Promise.all(records.map(async ({ key }) => plain.readUncached(key, now)))
        return found.flatMap((record) => (record?.owner === owner ? [record.key] : [])).toSorted()
      },
      async list(at = now) {
        const listed = await plain.listByUser(owner, { limit: 1000 }, at)
        return listed.map(({ key }) => key).toSorted()
      },
    }
  }

  for (const limit of [1, 3]) {
    test(`200 logins at once under a limit of ${limit} leave so many sessions, and list each of them`, async () => {
      const other = await connectors['redis-cluster ioredis'](running.address)
      try {
        const { userId, owner, findLiving, list } = createUser()
        const stores = [plain, redisStore(other.client)]
        const records = Array.from({ length: 200 }, (_, index) =>
          sampleRecord(now, index % 2 === 0 ? { userId } : {}),
        )
        for (const record of records) if (record.userId === undefined) await plain.create(record, now)
        const answers = await Promise.all(
          records.map(async (record, index) => {
            const store = stores[index % 4 < 2 ? 0 : 1] ?? plain
            return record.userId === undefined
              ? logInOn(store, record, userId, limit)
              : splitLimits(store).createWithin(record, limit, now)
          }),
        )
        const living = await findLiving(records)
        assert.equal(living.length, limit)
        assert.deepEqual(await list(), living)
        assert.equal(await plain.countByUser(owner, now), limit)
        assert.ok(answers.every(({ isWritten }) => isWritten))
        const evicted = answers.flatMap((answer) => answer.evicted)
        assert.equal(evicted.length, 200 - limit)
        assert.equal(new Set(evicted).size, evicted.length)
      } finally {
        other.disconnect()
      }
    })
  }

  test('two logins under a limit of 1, in every order of their steps: one session is left, and it is listed', async (context) => {
    let runs = 0
    let choices: Choices | undefined = new Choices()
    while (choices && runs < 400) {
      const { userId, findLiving, list } = createUser()
      const records = [sampleRecord(now, { userId }), sampleRecord(now, { userId })]
      const gate = new CommandGate()
      const logins = records.map(async (record, index) =>
        splitLimits(redisStore(gate.guard(`login ${index}`, client), { cluster: true })).createWithin(
          record,
          1,
          now,
        ),
      )
      for (let actors = await gate.settle(); actors.length > 0; actors = await gate.settle())
        await gate.sendAt(choices.choose(actors.length))
      assert.deepEqual(
        (await Promise.all(logins)).map(({ isWritten }) => isWritten),
        [true, true],
      )
      const living = await findLiving(records)
      assert.equal(living.length, 1, gate.sent.join(' '))
      assert.deepEqual(await list(), living, gate.sent.join(' '))
      runs += 1
      choices = choices.next()
    }
    context.diagnostic(`${runs} orders`)
    assert.ok(runs >= 20, `${runs} orders`)
  })

  test('a login that a crash ends after any of its steps: no session is unlisted, and the next login keeps the limit', async () => {
    for (let steps = 0; steps < 12; steps += 1) {
      const { userId, findLiving, list } = createUser()
      const former = [1, 2].map((age) => sampleRecord(now - age, { userId }))
      for (const record of former) await splitLimits(plain).createWithin(record, 2, now)
      const [crashed, next, last] = [
        sampleRecord(now, { userId }),
        sampleRecord(now, { userId }),
        sampleRecord(now, { userId }),
      ]
      const all = [...former, crashed, next, last]
      const gate = new CommandGate()
      const login = splitLimits(redisStore(gate.guard('login', client), { cluster: true })).createWithin(
        crashed,
        2,
        now,
      )
      Promise.resolve(login).catch(() => {})
      for (let step = 0; step < steps && (await gate.settle()).length > 0; step += 1) await gate.sendAt(0)
      const living = await findLiving(all)
      assert.deepEqual(await list(), living, `after ${steps} steps`)
      // Sooner or later: what a crash has left counts after a minute, and what it left to be ended is ended then.
      const later = now + 90_000
      const life = { idleTimeout: 600_000, idleExpiresAt: later + 600_000, lastSeenAt: later }
      for (const { key } of all) await plain.touch(key, now + 50_000, now + 600_000, now)
      await splitLimits(plain).createWithin({ ...next, ...life }, 2, later)
      await splitLimits(plain).createWithin({ ...last, ...life }, 2, later)
      assert.deepEqual(await list(later), [next.key, last.key].toSorted(), `after ${steps} steps`)
      assert.deepEqual(await findLiving(all), [next.key, last.key].toSorted(), `after ${steps} steps`)
    }
  })

  test('a reservation whose login never came counts for nothing', async () => {
    const { userId, findLiving, list } = createUser()
    const records = [sampleRecord(now, { userId }), sampleRecord(now, { userId })]
    for (const lost of [sampleRecord(now, { userId }), sampleRecord(now, { userId })]) {
      const gate = new CommandGate()
      const login = splitLimits(redisStore(gate.guard('login', client), { cluster: true })).createWithin(
        lost,
        2,
        now,
      )
      Promise.resolve(login).catch(() => {})
      await gate.settle()
      await gate.sendAt(0)
    }
    for (const record of records)
      assert.deepEqual(await splitLimits(plain).createWithin(record, 2, now), {
        isWritten: true,
        evicted: [],
      })
    assert.deepEqual(await findLiving(records), records.map(({ key }) => key).toSorted())
    assert.deepEqual(await list(), await findLiving(records))
  })

  test('a session that revokes the others goes on, also in the midst of a commit that takes its place anew', async () => {
    const { userId, owner, findLiving } = createUser()
    const [own, other] = [sampleRecord(now, { userId }), sampleRecord(now, { userId })]
    for (const record of [own, other]) await plain.create(record, now)
    const gate = new CommandGate()
    const change = sampleChange(own, { endsAt: own.endsAt + 1000 })
    const commit = redisStore(gate.guard('commit', client), { cluster: true }).commit(
      own.key,
      expectationOf(own),
      change,
      now,
    )
    for (let step = 0; step < 2; step += 1) {
      await gate.settle()
      await gate.sendAt(0)
    }
    assert.deepEqual(await plain.deleteByUser(owner, { except: own.key }, now), { handles: [other.handle] })
    while ((await gate.settle()).length > 0) await gate.sendAt(0)
    assert.equal(await commit, true)
    assert.deepEqual(await findLiving([own, other]), [own.key])
  })
})

/** Logs in on an anonymous session: the other way to a session of the user. */
async function logInOn(
  store: RedisStore,
  visitor: SessionRecord,
  userId: string,
  limit: number,
): Promise<LimitedWrite> {
  return splitLimits(store).commitWithin(
    visitor.key,
    expectationOf(visitor),
    sampleChange(visitor, { userId }),
    limit,
    now,
  )
}
