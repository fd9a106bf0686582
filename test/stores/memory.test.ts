import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { MemoryStoreOptions } from '../../src/stores/memory.ts'
import { expectationOf, sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'

const now = 1_800_000_000_000

describe('memoryStore keeps the contract', () => {
  for (const storeCase of casesFor(memoryStore())) {
    test(storeCase.name, () => storeCase.run(storeCaseContext(memoryStore({ maxSessions: 200 }))))
  }
})

describe('memoryStore evicts the least recently used', () => {
  test('the oldest is evicted when none was used', async () => {
    assert.deepEqual(await evictedAfter(() => {}), ['first'])
  })
  test('a read counts as use', async () => {
    assert.deepEqual(await evictedAfter((store, key) => store.read(key, now)), ['second'])
  })
  test('a touch counts as use, even one that moves nothing', async () => {
    assert.deepEqual(await evictedAfter((store, key) => store.touch(key, now, now, now)), ['second'])
  })
  test('a commit counts as use', async () => {
    const evicted = await evictedAfter(async (store, key) => {
      await store.listByUser(sampleOwner('u_1'), { limit: 10 }, now)
      const [record] = (await store.enumerate(undefined, 10, now)).records
      assert.ok(record?.key === key)
      await store.commit(key, expectationOf(record), sampleChange(record), now)
    })
    assert.deepEqual(evicted, ['second'])
  })
  test('listing and enumerating do not count as use', async () => {
    assert.deepEqual(await evictedAfter((store) => store.enumerate(undefined, 10, now)), ['first'])
  })
  test('a deleted session makes room', async () => {
    assert.deepEqual(await evictedAfter((store) => store.delete('key of second')), [])
  })
  test('an expired session is evicted without a report', async () => {
    const store = memoryStore({ maxSessions: 1 })
    const evicted: string[] = []
    store.onEviction((handle) => void evicted.push(handle))
    await store.create(sampleRecord(now), now)
    await store.create(sampleRecord(now + 60_000), now + 60_000)
    assert.deepEqual(evicted, [])
    assert.equal(store.size, 1)
  })
  test('a listener that throws affects neither create nor the other listeners', async () => {
    const store = memoryStore({ maxSessions: 1 })
    const evicted: string[] = []
    store.onEviction(() => {
      throw new Error('no log')
    })
    store.onEviction((handle) => void evicted.push(handle))
    const first = sampleRecord(now)
    await store.create(first, now)
    assert.equal(await store.create(sampleRecord(now), now), true)
    assert.deepEqual(evicted, [first.handle])
  })
  test('an evicted session leaves the user index', async () => {
    const store = memoryStore({ maxSessions: 1 })
    await store.create(sampleRecord(now, { userId: 'u_1' }), now)
    await store.create(sampleRecord(now, { userId: 'u_2' }), now)
    assert.equal(await store.countByUser(sampleOwner('u_1'), now), 0)
    assert.equal(await store.countByUser(sampleOwner('u_2'), now), 1)
  })
})

describe('memoryStore uses limited time and space', () => {
  test('a sweep examines no more records in a step than its limit', async () => {
    const store = memoryStore()
    for (let count = 0; count < 10_000; count += 1) {
      await store.create(sampleRecord(now, count % 2 === 0 ? {} : { idleExpiresAt: now + 1 }), now)
    }
    let steps = 0
    let more = true
    while (more) {
      const before = store.size
      more = await store.sweep(now + 1, 100)
      steps += 1
      assert.equal(before - store.size, 50)
    }
    assert.equal(steps, 100)
    assert.equal(store.size, 5_000)
  })
  test('a sweep ends even while more sessions are created than it examines', async () => {
    const store = memoryStore()
    for (let count = 0; count < 50; count += 1) await store.create(sampleRecord(now), now)
    let steps = 1
    while (await store.sweep(now, 10)) {
      steps += 1
      for (let count = 0; count < 30; count += 1) await store.create(sampleRecord(now), now)
    }
    assert.equal(steps, 5)
  })
  test('freed places are reused', async () => {
    const store = memoryStore()
    for (let count = 0; count < 1_000; count += 1) {
      const record = sampleRecord(now)
      await store.create(record, now)
      await store.delete(record.key)
    }
    assert.equal(store.size, 0)
    assert.equal(await store.sweep(now, 1), false)
  })
  test('an enumeration continues where it stopped, although every record is used between its pages', async () => {
    const store = memoryStore()
    for (let count = 0; count < 1_000; count += 1) await store.create(sampleRecord(now), now)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.enumerate(cursor, 100, now)
      seen.push(...page.records.map((record) => record.key))
      for (const key of seen.toReversed()) await store.read(key, now)
      cursor = page.cursor
    } while (cursor !== undefined)
    assert.equal(seen.length, 1_000)
    assert.equal(new Set(seen).size, 1_000)
  })
})

describe('memoryStore returns frozen records', () => {
  test('the same object until the record changes', async () => {
    const store = memoryStore()
    const record = sampleRecord(now)
    await store.create(record, now)
    const first = await store.read(record.key, now)
    assert.ok(first && Object.isFrozen(first) && Object.isFrozen(first.commitIds))
    assert.equal(await store.read(record.key, now), first)
    await store.touch(record.key, now, now, now)
    assert.equal(await store.read(record.key, now), first)
    await store.touch(record.key, now + 1, now + 60_001, now)
    assert.notEqual(await store.read(record.key, now), first)
  })
  test('synchronously', () => {
    const store = memoryStore()
    const record = sampleRecord(now)
    assert.equal(store.create(record, now), true)
    assert.deepEqual(store.read(record.key, now), record)
  })
})

describe('memoryStore refuses', () => {
  const refused: readonly [unknown, RegExp][] = [
    [{ max_sessions: 5 }, /memoryStore\.max_sessions: unknown option\. Did you mean 'maxSessions'\?/],
    [{ size: 5 }, /memoryStore\.size: unknown option\. Allowed are maxSessions, sweepEvery/],
    [{ maxSessions: 0 }, /memoryStore\.maxSessions: received 0; allowed is a whole number from 1/],
    [{ maxSessions: Number.NaN }, /received NaN/],
    [{ maxSessions: '5' }, /received '5'/],
    [{ sweepEvery: '2d' }, /memoryStore\.sweepEvery: received '2d'/],
    [null, /memoryStore: received null; allowed is an object/],
    ['100', /memoryStore: received '100'/],
    [[], /memoryStore: received an array/],
  ]
  for (const [options, message] of refused) {
    test(JSON.stringify(options), () => {
      assert.throws(
        () => memoryStore(options as MemoryStoreOptions),
        (error: unknown) => error instanceof SessionConfigError && message.test(error.message),
      )
    })
  }
  test('memoryStore refuses nothing on the prototype, whose options are ignored', () => {
    assert.equal(memoryStore(Object.create({ sweepEvery: '1m', unknown: 1 })).sweepEvery, 600_000)
    assert.equal(memoryStore({ sweepEvery: '1m' }).sweepEvery, 60_000)
  })
})

/** The handles evicted by a fourth session, when three fit and `use` did something with the first. */
async function evictedAfter(
  use: (store: ReturnType<typeof memoryStore>, key: string) => unknown,
): Promise<string[]> {
  const store = memoryStore({ maxSessions: 3 })
  const evicted: string[] = []
  store.onEviction((handle) => void evicted.push(handle))
  for (const handle of ['first', 'second', 'third']) {
    await store.create(sampleRecord(now, { key: `key of ${handle}`, handle }), now)
  }
  await use(store, 'key of first')
  await store.create(sampleRecord(now), now)
  assert.equal(store.size, 3)
  return evicted
}

test('a user whose sessions have ended takes no memory', async () => {
  const store = memoryStore({ maxSessions: 10 })
  const pass = async (round: number): Promise<void> => {
    for (let index = 0; index < 50_000; index += 1) {
      const record = sampleRecord(now, { userId: `user ${round} ${index}` })
      await store.create(record, now)
      await store.delete(record.key)
    }
  }
  await pass(0)
  const before = usedMemory()
  await pass(1)
  // An empty set and its entry take more than 100 bytes: 50 000 of them more than 5 MB.
  assert.ok(usedMemory() - before < 2_000_000)
})

function usedMemory(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
