import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inspect as show } from 'node:util'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { day } from '../../src/duration.ts'
import { SessionDecodeError } from '../../src/contract/errors.ts'
import { hashOwner } from '../../src/id/hash.ts'
import { redisStore } from '../../src/stores/redis.ts'
import type { RedisStore } from '../../src/stores/redis.ts'
import {
  expectationOf,
  randomHex,
  sampleChange,
  sampleOwner,
  sampleRecord,
} from '../../src/testing/sample-record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { encodeMember } from '../../src/stores/redis/redis-member.ts'
import type { RunningEngine } from './engine.ts'
import { engines, missing } from './engines.ts'
import { askAll, askMaster } from './redis/ask-master.ts'
import { endAll } from './redis/end-all.ts'
import { connectors } from './redis/open-redis.ts'
import { until } from './until.ts'

// What the contract does not say, on every deployment with every driver.

const now = Date.now()
const minute = 60_000
const nameOf = (userId: string): string => `coatcheck:user:{${sampleOwner(userId)}}`
const memberOf = ({ handle, key }: SessionRecord): string => encodeMember(handle, key)

for (const engine of engines.filter(({ name }) => name.startsWith('Redis'))) {
  describe(`redisStore on ${engine.name}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let store: RedisStore
    let disconnect: () => void

    before(async () => {
      running = await engine.start()
      const connect = connectors[running.address.kind as keyof typeof connectors]
      const connected = await connect(running.address)
      store = redisStore(connected.client)
      disconnect = connected.disconnect
    })
    after(async () => {
      disconnect?.()
      await running?.stop()
    })

    const ttlOf = (key: string): Promise<number> => askMaster(running, ['PTTL', `coatcheck:session:${key}`])
    const assertTtl = async (key: string, left: number): Promise<void> => {
      const ttl = await ttlOf(key)
      // It has run since it was set: five seconds are generous, and far below the minute.
      assert.ok(ttl <= left && ttl > left - 5_000, `${ttl} ms, not ${left} ms`)
    }
    const countOf = async (verb: () => unknown): Promise<number> => {
      // What runs in the background has been executed when this is answered: it uses the same connections.
      await store.ping()
      const start = await running.countCommands()
      await verb()
      await store.ping()
      return (await running.countCommands()) - start
    }
    const members = (userId: string): Promise<string[]> =>
      askMaster(running, ['ZRANGE', nameOf(userId), '0', '-1'])
    const countBy = async (userId: string): Promise<number> => store.countByUser(sampleOwner(userId), now)
    const endAllOf = async (userId: string): Promise<number> => (await endAll(store, userId, now)).length

    test('every verb works when the server has forgotten all scripts', async () => {
      const userId = `u_${randomHex(4)}`
      const record = sampleRecord(now, { userId })
      const change = sampleChange(record, { data: '"x"' })
      const verbs: readonly [() => unknown, unknown][] = [
        [() => store.create(record, now), true],
        [() => store.create(record, now), false],
        [() => store.commit(record.key, expectationOf(record), change, now), true],
        [() => store.touch(record.key, now + 1, now + minute, now), true],
        [async () => (await store.readUncached(record.key, now))?.data, '"x"'],
        [async () => (await store.read(record.key, now))?.data, '"x"'],
        [() => countBy(userId), 1],
        [() => store.delete(record.key, sampleOwner(`${userId}2`)), false],
        [() => store.delete(record.key, null), false],
        [() => store.deleteByHandle(sampleOwner(userId), 'f'.repeat(24), now), false],
        [async () => (await store.listByUser(sampleOwner(userId), { limit: 2 }, now)).length, 1],
        [
          () => splitLimits(store).createWithin(sampleRecord(now, { userId }), 1, now),
          { isWritten: true, evicted: [record.handle] },
        ],
        [() => endAllOf(userId), 1],
        [() => store.delete(record.key), false],
        [() => store.ping(), undefined],
      ]
      for (const [verb, expected] of verbs) {
        await askAll(running, ['SCRIPT', 'FLUSH'])
        assert.deepEqual(await verb(), expected)
      }
    })

    // Also when the manager's clock is a month off that of Redis.
    for (const days of [0, -30, 30]) {
      test(`Redis keeps a session a minute beyond its end, which moves with touch and commit (${days} days off)`, async () => {
        const at = now + days * day
        const record = sampleRecord(at, { idleExpiresAt: at + 30_000 })
        await store.create(record, at)
        await assertTtl(record.key, 30_000 + minute)
        await store.touch(record.key, at + 1000, at + 70_000, at)
        await assertTtl(record.key, 70_000 + minute)
        const change = sampleChange(record, { idleTimeout: 500_000, lastSeenAt: at })
        await store.commit(record.key, expectationOf(record), change, at)
        await assertTtl(record.key, 501_000 + minute)
        await store.touch(record.key, at + 2000, at + 501_000, at + 10_000)
        await assertTtl(record.key, 491_000 + minute)
        const ended = sampleRecord(at, { idleExpiresAt: at })
        await store.create(ended, at)
        await assertTtl(ended.key, minute)
      })
    }

    test('the set of a user expires long after the last of its sessions', async () => {
      const userId = `u_${randomHex(4)}`
      await store.create(sampleRecord(now, { userId, endsAt: now + 500_000 }), now)
      await store.create(sampleRecord(now, { userId, endsAt: now + 100_000 }), now)
      const ttl = await askMaster<number>(running, ['PTTL', nameOf(userId)])
      assert.ok(ttl <= 1_060_000 && ttl > 1_050_000, `${ttl} ms`)
    })

    test('sessions leave the set of their user a minute after their end', async () => {
      const userId = `u_${randomHex(4)}`
      const [ended, dying, live] = [now - minute - 1, now - minute + 1000, now + 500_000].map((endsAt) =>
        sampleRecord(now, { userId, endsAt, createdAt: now - 2 * minute }),
      )
      for (const record of [ended, dying, live]) if (record) await store.create(record, now)
      assert.deepEqual(
        (await members(userId)).toSorted(),
        [dying, live].flatMap((each) => (each ? [memberOf(each)] : [])).toSorted(),
      )
    })

    test('entries that were removed come back with the next touch', async () => {
      const userId = `u_${randomHex(4)}`
      const records = Array.from({ length: 20 }, () => sampleRecord(now, { userId }))
      for (const record of records) await store.create(record, now)
      const removed = records.filter((_, index) => index % 3 === 0)
      const index = nameOf(userId)
      await askMaster(running, ['ZREM', index, ...removed.map(memberOf)])
      assert.equal(await countBy(userId), 13)
      for (const { key } of removed) await store.touch(key, now + 1, now + 60_001, now)
      await until(async () => (await countBy(userId)) === 20, 'all are listed')
      await askMaster(running, ['DEL', index])
      for (const { key } of records) await store.touch(key, now + 2, now + 60_002, now)
      await until(async () => (await countBy(userId)) === 20, 'all are listed')
      assert.equal(await endAllOf(userId), 20)
    })

    test('entries of dead sessions and of other users end nothing, and the dead are taken out', async () => {
      const [userId, other] = [`u_${randomHex(4)}`, `u_${randomHex(4)}`]
      const [mine, theirs, nobodys] = [
        sampleRecord(now, { userId }),
        sampleRecord(now, { userId: other }),
        sampleRecord(now),
      ]
      for (const record of [mine, theirs, nobodys]) await store.create(record, now)
      const dead = memberOf(sampleRecord(now))
      const index = nameOf(userId)
      const score = `${now + 500_000}`
      await askMaster(running, [
        'ZADD',
        index,
        score,
        memberOf(theirs),
        score,
        memberOf(nobodys),
        score,
        dead,
      ])
      assert.deepEqual(
        (await store.listByUser(sampleOwner(userId), { limit: 9 }, now)).map(({ key }) => key),
        [mine.key],
      )
      await until(async () => !(await members(userId)).includes(dead), 'the dead one is gone')
      assert.equal(await store.delete(theirs.key, sampleOwner(userId)), false)
      assert.equal(await endAllOf(userId), 1)
      for (const { key } of [theirs, nobodys]) assert.ok(await store.read(key, now))
    })

    test('a damaged value is an error that does not quote it; it can be listed, revoked and deleted', async () => {
      const secret = `secret-${randomHex(8)}`
      for (const text of [
        '',
        secret,
        `2 1 ${secret}`,
        `2 1 a ${'0'.repeat(16)} ${'9'.repeat(16)} 99 \n{}\n[]\n${secret}`,
      ]) {
        const userId = `u_${randomHex(4)}`
        const record = sampleRecord(now, { userId })
        await store.create(record, now)
        await askMaster(running, ['SET', `coatcheck:session:${record.key}`, text])
        for (const verb of [
          () => store.read(record.key, now),
          () => store.readUncached(record.key, now),
          () => store.touch(record.key, now, now + 1, now),
          () => store.commit(record.key, expectationOf(record), sampleChange(record), now),
        ]) {
          await assert.rejects(
            async () => verb(),
            (error) => error instanceof SessionDecodeError && !show(error).includes(secret),
          )
        }
        const owner = sampleOwner(userId)
        const { key, handle, endsAt } = record
        assert.deepEqual(await store.listByUser(owner, { limit: 9 }, now), [
          { key, handle, owner, endsAt, format: 0 },
        ])
        assert.equal(await store.delete(key, sampleOwner('somebody else')), false)
        assert.equal(await store.delete(key, null), false)
        assert.equal(await store.delete(key, owner), true)
        assert.equal(await store.read(key, now), undefined)
      }
    })

    test('two applications under one prefix keep users of one name apart, by the owners of their realms', async () => {
      const userId = `u_${randomHex(4)}`
      const owners = ['shop', 'admin'].map((realm) => hashOwner(realm, userId))
      const records = owners.map((owner) => sampleRecord(now, { userId, owner }))
      for (const record of records) await splitLimits(store).createWithin(record, 1, now)
      for (const [index, owner] of owners.entries()) {
        const other = records[1 - index]
        assert.deepEqual(
          (await store.listByUser(owner, { limit: 9 }, now)).map(({ key }) => key),
          [records[index]?.key],
        )
        assert.equal(await store.deleteByHandle(owner, other?.handle ?? '', now), false)
        assert.equal(await store.delete(other?.key ?? '', owner), false)
      }
      const [shop = '', admin = ''] = owners
      assert.equal((await store.deleteByUser(shop, {}, now)).handles.length, 1)
      assert.equal(await store.countByUser(admin, now), 1)
    })

    test('a value of another type is an error of every verb', async () => {
      const key = randomHex(32)
      await askMaster(running, ['SADD', `coatcheck:session:${key}`, 'x'])
      await assert.rejects(async () => store.read(key, now), /WRONGTYPE/)
      await assert.rejects(async () => store.touch(key, now, now, now), /WRONGTYPE/)
    })

    test('a server without memory lets sessions be used and ended, one and all', async () => {
      const userId = `u_${randomHex(4)}`
      const records = Array.from({ length: 4 }, () => sampleRecord(now, { userId }))
      for (const record of records) await store.create(record, now)
      const [used, ended, owned] = records.map(({ key }) => key)
      await askAll(running, ['CONFIG', 'SET', 'maxmemory', '1'])
      try {
        assert.equal(await store.touch(used ?? '', now + 1000, now + minute + 1000, now), true)
        assert.equal((await store.read(used ?? '', now))?.lastSeenAt, now + 1000)
        assert.equal(await store.delete(ended ?? ''), true)
        assert.equal(await store.delete(owned ?? '', sampleOwner(userId)), true)
        assert.equal(await endAllOf(userId), 2)
      } finally {
        await askAll(running, ['CONFIG', 'SET', 'maxmemory', '0'])
      }
    })

    test('an enumeration finds every session among other keys, and pages are of the size asked for', async () => {
      await askAll(running, ['FLUSHALL'])
      for (const foreign of [
        'coatcheck:session',
        'coatcheck:sessions:1',
        'x:coatcheck:session:2',
        'session:3',
      ])
        await askMaster(running, ['SET', foreign, 'not a session'])
      const keys = new Set<string>()
      for (let count = 0; count < 30; count += 1) {
        const record = sampleRecord(now)
        keys.add(record.key)
        await store.create(record, now)
      }
      let cursor: string | undefined
      do {
        const page = await store.enumerate(cursor, 7, now)
        assert.ok(page.records.length <= 7)
        for (const { key } of page.records) keys.delete(key)
        cursor = page.cursor
      } while (cursor !== undefined)
      assert.deepEqual([...keys], [])
      for (const wrong of ['', '{}', 'null', '["a"]', '[1,"0",[]]'])
        await assert.rejects(async () => store.enumerate(wrong, 7, now), /cursor/)
    })

    test('commands: one for each verb, and one more where a user is listed', async () => {
      const warmUp = async (): Promise<void> => {
        const first = sampleRecord(now, { userId: `u_${randomHex(4)}` })
        await store.create(first, now)
        await store.touch(first.key, now, now + 1, now)
        await store.delete(first.key)
        // Each script on each server of a Cluster: keys are random, and so are their slots.
        const visitor = sampleRecord(now)
        await store.create(visitor, now)
        await store.commit(visitor.key, expectationOf(visitor), sampleChange(visitor), now)
      }
      for (let time = 0; time < 40; time += 1) await warmUp()
      const pings = await countOf(() => {})
      const record = sampleRecord(now)
      const change = sampleChange(record, { data: '1' })
      const login = sampleChange({ ...record, ...change }, { userId: `u_${randomHex(4)}` })
      const isCluster = engine.name.includes('Cluster')
      assert.equal((await countOf(() => store.create(record, now))) - pings, 1)
      assert.equal((await countOf(() => store.read(record.key, now))) - pings, 1)
      assert.equal(
        (await countOf(() => store.commit(record.key, expectationOf(record), change, now))) - pings,
        1,
      )
      assert.equal((await countOf(() => store.touch(record.key, now, now + 1, now))) - pings, 1)
      const loginCommands = await countOf(() =>
        store.commit(record.key, { version: 2, commitId: change.commitIds[0] ?? '' }, login, now),
      )
      assert.equal(loginCommands - pings, isCluster ? 4 : 1)
      if (!isCluster)
        assert.equal((await countOf(() => store.touch(record.key, now, now + 1, now))) - pings, 2)
      if (!isCluster) assert.equal((await countOf(() => store.delete(record.key))) - pings, 2)
    })
  })
}
