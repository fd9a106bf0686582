import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import type { UncachedRead, UserIndex } from '../../src/contract/capabilities.ts'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { basicStore } from '../../src/stores/basic.ts'
import { cachedStore } from '../../src/stores/cached.ts'
import type { CachedStoreOptions } from '../../src/stores/cached.ts'
import { RecordCache } from '../../src/stores/cached/record-cache.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { Awaitable, RecordChange, SessionRecord, SessionStore } from '../../src/contract/store.ts'
import { checkPromises } from '../../src/testing/check-promises.ts'
import { expectationOf, sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'

const now = 1_800_000_000_000
const owner = sampleOwner('u_1')
const second = 1000

const folder = mkdtempSync(join(tmpdir(), 'coatcheck-cached-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = (): string => join(folder, `${(files += 1)}.sqlite`)

describe('cachedStore keeps the contract', () => {
  for (const storeCase of casesFor(cachedStore(memoryStore()))) {
    test(`cachedStore keeps the contract over memory: ${storeCase.name}`, () =>
      storeCase.run(storeCaseContext(cachedStore(memoryStore({ maxSessions: 200 })))))
  }
  test('cachedStore keeps the contract over SQLite, with a peer that is cached as well, and one that is not', async () => {
    for (const lift of [
      (store: SessionStore): SessionStore => cachedStore(store),
      (store: SessionStore) => store,
    ]) {
      const report = await checkPromises('cached', () => {
        const path = newPath()
        return { store: cachedStore(sqliteStore(path)), peer: lift(sqliteStore(path)) }
      })
      const failures = report.promises.flatMap((promise) => promise.failures)
      assert.deepEqual(failures, [])
      const limits = report.promises.flatMap(({ name, limit = [] }) =>
        limit.length > 0 ? [[name, limit]] : [],
      )
      assert.deepEqual(limits, [['Reads show at once what another process did', 'within 5 s']])
      assert.ok(
        report.promises.every(({ name, outcome }) => outcome === 'kept' || name === 'Reports evictions'),
      )
    }
  })
  test('cachedStore keeps the contract of a third-party store that returns objects anybody may modify', async () => {
    const thawed = memoryStore()
    const store = cachedStore({
      ...thawed,
      read: (key, at) => structuredClone(thawed.read(key, at) as SessionRecord | undefined),
    })
    const record = sampleRecord(now)
    await store.create(record, now)
    const [first, again] = [await store.read(record.key, now), await store.read(record.key, now)]
    for (const each of [first, again]) Reflect.set(each ?? {}, 'data', '"spoiled"')
    assert.deepEqual(await store.read(record.key, now), record)
  })
})

/** A store over memory that counts reads, behind a cache. */
async function setUp(options: CachedStoreOptions = {}, overrides: Partial<SessionRecord> = {}) {
  const inner = memoryStore()
  const reads: string[] = []
  const counting: SessionStore & UserIndex = {
    ...inner,
    read: (key, at) => {
      reads.push(key)
      return inner.read(key, at)
    },
  }
  const store = cachedStore(counting, options)
  const record = sampleRecord(now, {
    userId: 'u_1',
    idleTimeout: 3_600_000,
    idleExpiresAt: now + 3_600_000,
    ...overrides,
  })
  await store.create(record, now)
  return { inner, store, reads, record, key: record.key }
}

describe('cachedStore reads from memory', () => {
  test('cachedStore reads from memory after the first read, without a promise, for ttl from the moment it was read', async () => {
    const { store, inner, reads, record, key } = await setUp()
    assert.deepEqual(await store.read(key, now), record)
    await inner.delete(key)
    for (const later of [0, second, 4999]) assert.deepEqual(store.read(key, now + later), record)
    assert.equal(reads.length, 1)
    // Not from the last hit: a busy session would never be seen to end.
    assert.equal(await store.read(key, now + 5000), undefined)
    assert.equal(reads.length, 2)
    assert.equal(store.maxStaleness, 5000)
  })
  test('cachedStore reads from memory for no longer when the clock is set back, even if it catches up while nobody looks at the record', async () => {
    const hour = 3_600_000
    const { store, inner, key } = await setUp()
    await store.read(key, now)
    await store.read('another', now - hour)
    await inner.delete(key)
    assert.notEqual(await store.read(key, now - hour + 4999), undefined)
    await store.read('another', now)
    assert.equal(await store.read(key, now), undefined)
  })
  test('cachedStore reads from memory: never an absent record, which another process may create', async () => {
    const { store, inner } = await setUp()
    const other = sampleRecord(now)
    assert.equal(await store.read(other.key, now), undefined)
    await inner.create(other, now)
    assert.deepEqual(await store.read(other.key, now), other)
  })
  test('cachedStore reads from memory: never an expired record, which another process may have extended', async () => {
    const { store, inner, key } = await setUp({ ttl: '1h' }, { idleTimeout: 1000, idleExpiresAt: now + 1000 })
    await store.read(key, now)
    await inner.touch(key, now + 500, now + 1500, now + 500)
    const extended = await store.read(key, now + 1000)
    assert.equal(extended?.idleExpiresAt, now + 1500)
    assert.equal(await store.read(key, now + 1500), undefined)
  })
  test('cachedStore reads from memory: never a damaged record, nor one of a later format', async () => {
    for (const spoiled of [{ format: 3 }, { version: 0 }]) {
      const { store, reads, key } = await setUp({}, spoiled)
      assert.equal((await store.read(key, now))?.key, key)
      await store.read(key, now)
      assert.equal(reads.length, 2)
    }
  })
  test('cachedStore reads from memory at most maxEntries records, of which the least recently read leaves first', async () => {
    const { store, inner, reads } = await setUp({ maxEntries: 2 })
    const [a, b, c] = [sampleRecord(now), sampleRecord(now), sampleRecord(now)]
    for (const each of [a, b, c]) await inner.create(each, now)
    for (const { key } of [a, b, a, c]) await store.read(key, now)
    assert.deepEqual(reads, [a.key, b.key, c.key])
    await store.read(a.key, now)
    await store.read(c.key, now)
    assert.equal(reads.length, 3)
    await store.read(b.key, now)
    assert.equal(reads.length, 4)
  })
  test('filled past the cache of a store inside, whose staleness does not add up', async () => {
    const { store, inner, reads, key } = await setUp({ ttl: '1h' })
    const outer = cachedStore(store, { ttl: '1s' })
    await store.read(key, now)
    await inner.delete(key)
    assert.notEqual(await store.read(key, now), undefined)
    assert.equal(await outer.read(key, now), undefined)
    assert.equal(reads.length, 2)
    assert.equal(outer.maxStaleness, 1000)
  })
  test('and says how old they may be even if there is no way past the staleness of the store inside', () => {
    const lagging = { ...memoryStore(), maxStaleness: 60_000 }
    assert.equal(cachedStore(lagging, { ttl: '1s' }).maxStaleness, 61_000)
    assert.equal(cachedStore({ ...lagging, readUncached: lagging.read }, { ttl: '1s' }).maxStaleness, 1000)
  })
})

describe('what this process writes it sees at once', () => {
  test('commits, touches and deletions', async () => {
    const { store, record, key } = await setUp()
    await store.read(key, now)
    const change = sampleChange(record, { data: '"new"' })
    assert.equal(await store.commit(key, expectationOf(record), change, now), true)
    assert.equal((await store.read(key, now))?.data, '"new"')
    assert.equal(await store.touch(key, now + 9, now + 3_600_009, now + 9), true)
    assert.equal((await store.read(key, now + 9))?.lastSeenAt, now + 9)
    assert.equal(await store.delete(key), true)
    assert.equal(await store.read(key, now), undefined)
  })
  test('deleteByHandle and deleteByUser, also of a session whose user has changed since', async () => {
    const { store, inner, record, key } = await setUp()
    await store.read(key, now)
    assert.equal(await store.deleteByHandle(owner, record.handle, now), true)
    assert.equal(await store.read(key, now), undefined)
    const visitor = sampleRecord(now)
    await store.create(visitor, now)
    await store.read(visitor.key, now)
    const login = sampleChange(visitor, { userId: 'u_1' })
    await inner.commit(visitor.key, expectationOf(visitor), login, now)
    assert.deepEqual(await store.deleteByUser(owner, {}, now), { handles: [visitor.handle] })
    assert.equal(await store.read(visitor.key, now), undefined)
    assert.notEqual(record.key, visitor.key)
  })
  for (const verb of ['create', 'commit'] as const) {
    const logIn = async (store: SessionStore & UserIndex) => {
      const record = sampleRecord(now, verb === 'create' ? { userId: 'u_1' } : {})
      if (verb === 'create') return splitLimits(store).createWithin(record, 1, now)
      await store.create(record, now)
      const login = sampleChange(record, { userId: 'u_1' })
      return splitLimits(store).commitWithin(record.key, expectationOf(record), login, 1, now)
    }
    test(`what a ${verb} with a limit has ended, also a session that the user got since, and nothing else`, async () => {
      const { store, inner, record, key } = await setUp()
      const other = sampleRecord(now, { userId: 'u_2' })
      const visitor = sampleRecord(now)
      for (const each of [other, visitor]) await inner.create(each, now)
      for (const each of [key, other.key, visitor.key]) await store.read(each, now)
      const login = sampleChange(visitor, { userId: 'u_1' })
      await inner.commit(visitor.key, expectationOf(visitor), login, now)
      const { evicted } = await logIn(store)
      assert.deepEqual(evicted.toSorted(), [record.handle, visitor.handle].toSorted())
      for (const each of [key, visitor.key]) assert.equal(await store.read(each, now), undefined)
      assert.deepEqual(store.read(other.key, now), other)
    })
    test(`what a ${verb} with a limit may have ended that failed or is never answered`, async () => {
      const { inner, key } = await setUp()
      const lost = new Error('connection reset')
      for (const answer of [() => Promise.reject(lost), () => new Promise<never>(() => {})]) {
        await inner.create(sampleRecord(now, { key, userId: 'u_1', idleExpiresAt: now + 3_600_000 }), now)
        const losing: SessionStore & UserIndex = {
          ...inner,
          async create(...given) {
            await inner.create(...given)
            return given[2] === undefined ? true : answer()
          },
          async commit(...given) {
            await inner.commit(...given)
            return answer()
          },
        }
        const store = cachedStore(losing)
        await store.read(key, now)
        const waiting = logIn(store).catch((error: unknown) => assert.equal(error, lost))
        await Promise.race([waiting, nextTurn()])
        assert.equal(await store.read(key, now), undefined)
      }
    })
  }
  test('a delete that names an owner, which the store inside compares', async () => {
    const { store, record, key } = await setUp()
    await store.read(key, now)
    assert.equal(await store.delete(key, null), false)
    assert.deepEqual(await store.read(key, now), record)
    assert.equal(await store.delete(key, owner), true)
    assert.equal(await store.read(key, now), undefined)
  })
  test('a write that failed, because it may have been applied', async () => {
    const { inner, key, record } = await setUp()
    const lost = new Error('connection reset')
    const store = cachedStore({
      ...inner,
      async commit(...given) {
        await inner.commit(...given)
        throw lost
      },
      async delete(...given) {
        await inner.delete(...given)
        throw lost
      },
    })
    await store.read(key, now)
    const change = sampleChange(record, { data: '"new"' })
    await assert.rejects(async () => store.commit(key, expectationOf(record), change, now), lost)
    assert.equal((await store.read(key, now))?.data, '"new"')
    await assert.rejects(async () => store.delete(key), lost)
    assert.equal(await store.read(key, now), undefined)
  })
  test('a write that is never answered, because it may have been applied', async () => {
    const { inner, key, record } = await setUp()
    const unanswered = new Promise<never>(() => {})
    const store = cachedStore({
      ...inner,
      commit(...given) {
        void inner.commit(...given)
        return unanswered
      },
      delete(...given) {
        void inner.delete(...given)
        return unanswered
      },
    })
    await store.read(key, now)
    void store.commit(key, expectationOf(record), sampleChange(record, { data: '"new"' }), now)
    assert.equal((await store.read(key, now))?.data, '"new"')
    void store.delete(key)
    assert.equal(await store.read(key, now), undefined)
  })
  test('the read past the cache, whose record is kept from then on', async () => {
    const { store, inner, reads, record, key } = await setUp()
    await store.read(key, now)
    await inner.commit(key, expectationOf(record), sampleChange(record, { data: '"theirs"' }), now)
    assert.equal((await store.read(key, now))?.data, record.data)
    assert.equal((await store.readUncached(key, now))?.data, '"theirs"')
    assert.equal((await store.read(key, now))?.data, '"theirs"')
    assert.equal(reads.length, 2)
    await inner.delete(key)
    assert.equal(await store.readUncached(key, now), undefined)
    assert.equal(await store.read(key, now), undefined)
  })
  test('and a read past the cache that fails rejects, and forgets nothing', async () => {
    const { inner, key } = await setUp()
    const failure = new Error('no route to host')
    let isFailing = false
    const store = cachedStore({
      ...inner,
      readUncached: (each: string, at: number) =>
        isFailing ? Promise.reject(failure) : inner.read(each, at),
    })
    await store.read(key, now)
    isFailing = true
    await assert.rejects(async () => store.readUncached(key, now), failure)
    assert.ok(!(store.read(key, now) instanceof Promise))
  })
  test("what this process writes it sees at once: uses the inner store's own way past its cache", async () => {
    const { inner, key, record } = await setUp()
    const past: UncachedRead = { readUncached: () => ({ ...record, data: '"primary"' }) }
    const store = cachedStore({ ...inner, ...past })
    assert.equal((await store.read(key, now))?.data, '"primary"')
    assert.equal((await store.readUncached(key, now))?.data, '"primary"')
  })
})

/** A cached store whose reads of the inner store wait, on their way back, until the test lets them go. */
async function setUpHeld() {
  const { inner, record, key } = await setUp()
  const held: (() => void)[] = []
  const hold = (key: string, at: number): Promise<SessionRecord | undefined> => {
    const answer = inner.read(key, at) as SessionRecord | undefined
    return new Promise((resolve) => void held.push(() => resolve(answer)))
  }
  const slow = { ...inner, read: hold, readUncached: hold }
  const store = cachedStore(slow)
  const release = async (index: number, read: Awaitable<unknown>): Promise<unknown> => {
    held[index]?.()
    return read
  }
  /** What the cache shows now: a promise would mean that it holds nothing. */
  const shown = (): SessionRecord | 'nothing' => {
    const answer = store.read(key, now)
    return answer instanceof Promise ? 'nothing' : (answer ?? 'nothing')
  }
  return { inner, store, record, key, release, shown }
}

/** The next commit on a record. */
function change(record: SessionRecord): RecordChange {
  return sampleChange(record, { data: '"new"' })
}

describe('a read that was under way', () => {
  test('a read that was under way when a commit was answered does not put the old record back', async () => {
    const { store, record, key, release, shown } = await setUpHeld()
    const reading = store.read(key, now)
    assert.equal(await store.commit(key, expectationOf(record), change(record), now), true)
    assert.deepEqual(await release(0, reading), record)
    assert.equal(shown(), 'nothing')
  })
  test('a read that was under way when a touch was answered does not either', async () => {
    const { store, record, key, release, shown } = await setUpHeld()
    const reading = store.read(key, now)
    await store.touch(key, now + 9, now + 60_009, now)
    assert.deepEqual(await release(0, reading), record)
    assert.equal(shown(), 'nothing')
  })
  for (const [name, remove] of [
    ['delete', (store: SessionStore & UserIndex, key: string) => store.delete(key)],
    [
      'deleteByHandle',
      (store: SessionStore & UserIndex, _key: string, handle: string) =>
        store.deleteByHandle(owner, handle, now),
    ],
    ['deleteByUser', (store: SessionStore & UserIndex) => store.deleteByUser(owner, {}, now)],
    [
      'a create with a limit',
      (store: SessionStore & UserIndex) =>
        splitLimits(store).createWithin(sampleRecord(now, { userId: 'u_1' }), 1, now),
    ],
  ] as const) {
    test(`a read that was under way when ${name} was answered does not bring the session back`, async () => {
      const { store, record, key, release, shown } = await setUpHeld()
      const reading = store.read(key, now)
      await remove(store, key, record.handle)
      assert.deepEqual(await release(0, reading), record)
      assert.equal(shown(), 'nothing')
    })
  }
  test('a read that was under way when a commit began and answered first is forgotten when the commit is answered', async () => {
    const { inner, record, key } = await setUp()
    const held: (() => void)[] = []
    const store = cachedStore({
      ...inner,
      commit: (...given) =>
        new Promise<boolean>((resolve) => {
          held.push(() => resolve(inner.commit(...given)))
        }),
    })
    const committing = store.commit(key, expectationOf(record), change(record), now)
    assert.deepEqual(await store.read(key, now), record)
    held[0]?.()
    assert.equal(await committing, true)
    assert.equal((await store.read(key, now))?.data, '"new"')
  })
  test('a read that was under way when a later read was answered does not replace the newer record', async () => {
    const { inner, store, record, key, release, shown } = await setUpHeld()
    const earlier = store.read(key, now)
    await inner.commit(key, expectationOf(record), change(record), now)
    const later = store.readUncached(key, now)
    await release(1, later)
    assert.deepEqual(await release(0, earlier), record)
    assert.equal((shown() as SessionRecord).data, '"new"')
  })
  test('a read that was under way when an earlier read was answered does replace the older record', async () => {
    const { inner, store, record, key, release, shown } = await setUpHeld()
    const earlier = store.read(key, now)
    await inner.commit(key, expectationOf(record), change(record), now)
    const later = store.readUncached(key, now)
    await release(0, earlier)
    await release(1, later)
    assert.equal((shown() as SessionRecord).data, '"new"')
  })
  test('a read that was under way when a later read found the session gone does not bring it back', async () => {
    const { inner, store, record, key, release, shown } = await setUpHeld()
    const earlier = store.read(key, now)
    await inner.delete(key)
    const later = store.readUncached(key, now)
    assert.equal(await release(1, later), undefined)
    assert.deepEqual(await release(0, earlier), record)
    assert.equal(shown(), 'nothing')
  })
  test('a read that was under way is counted from its beginning, however long it takes', async () => {
    const { store, key, release } = await setUpHeld()
    const reading = store.read(key, now)
    await release(0, reading)
    assert.ok(!(store.read(key, now + 4999) instanceof Promise))
    assert.ok(store.read(key, now + 5000) instanceof Promise)
  })
  test('and is never answered is forgotten after ttl, and is not kept if it is answered after all', () => {
    const cache = new RecordCache({ maxEntries: 9, ttl: 5000 })
    const record = sampleRecord(now)
    const silent = cache.beginRead(record.key, now)
    for (let count = 0; count < 3; count += 1) cache.beginRead(`${count}`, now + 1)
    cache.beginRead('young', now + 5000)
    assert.equal(cache.pendingReads, 4)
    cache.drop(record.key)
    cache.endRead(silent, record)
    cache.beginRead('younger', now + 5001)
    assert.equal(cache.pendingReads, 2)
    assert.equal(cache.size, 0)
  })
  test('a read that was under way leaves nothing behind, answered or failed, kept or not', () => {
    const cache = new RecordCache({ maxEntries: 2, ttl: 5000 })
    const record = sampleRecord(now)
    const reads = Array.from({ length: 4 }, () => cache.beginRead(record.key, now))
    assert.equal(cache.pendingReads, 4)
    cache.drop(record.key)
    for (const [index, read] of reads.entries()) {
      if (index % 2 === 0) cache.endRead(read, record)
      else cache.abandonRead(read)
    }
    assert.equal(cache.pendingReads, 0)
    assert.equal(cache.size, 0)
    for (let index = 0; index < 5; index += 1) {
      const each = sampleRecord(now)
      cache.endRead(cache.beginRead(each.key, now), each)
    }
    assert.equal(cache.size, 2)
  })
})

describe('a store that reports changes', () => {
  test('a store that reports changes has its record dropped, or all of them, and no read under way puts one back', async () => {
    const { inner, key, record } = await setUp()
    const listeners: ((key: string | undefined) => void)[] = []
    const tell = (key: string | undefined): void => listeners.forEach((each) => each(key))
    const held: (() => void)[] = []
    let holding = false
    const store = cachedStore(
      {
        ...inner,
        onInvalidation(listener: (key: string | undefined) => void) {
          listeners.push(listener)
          return () => {}
        },
        read(each: string, at: number) {
          const answer = inner.read(each, at)
          if (!holding) return answer
          return new Promise<SessionRecord | undefined>((resolve) => void held.push(() => resolve(answer)))
        },
      },
      { ttl: '1h' },
    )
    const other = sampleRecord(now, { idleTimeout: 3_600_000, idleExpiresAt: now + 3_600_000 })
    await inner.create(other, now)
    const isCached = (each: string): boolean => !(store.read(each, now) instanceof Promise)
    for (const each of [key, other.key]) await store.read(each, now)
    tell(key)
    assert.deepEqual([isCached(key), isCached(other.key)], [false, true])
    await store.read(key, now)
    tell(undefined)
    assert.deepEqual([isCached(key), isCached(other.key)], [false, false])
    await store.read(key, now)
    tell(undefined)
    holding = true
    for (const notice of [key, undefined]) {
      const reading = store.read(key, now)
      tell(notice)
      held.shift()?.()
      assert.deepEqual(await reading, record)
      assert.equal(isCached(key), false)
      held.shift()?.()
      tell(undefined)
    }
    assert.ok(!('onInvalidation' in store))
  })
})

describe('cachedStore has the capabilities of the inner store', () => {
  test('and none that it lacks', () => {
    const bare = cachedStore(basicStore({ get: () => undefined, save: () => {}, delete: () => {} }))
    assert.deepEqual(Object.keys(bare).toSorted(), [
      'atomicity',
      'commit',
      'create',
      'delete',
      'maxStaleness',
      'ping',
      'read',
      'readUncached',
      'touch',
    ])
    assert.equal(bare.atomicity, 'process')
    const over = new Set(Object.keys(cachedStore(memoryStore())))
    for (const name of [
      'listByUser',
      'countByUser',
      'deleteByHandle',
      'deleteByUser',
      'sweep',
      'sweepEvery',
      'enumerate',
      'onEviction',
    ])
      assert.ok(over.has(name), name)
    for (const name of ['ping', 'close', 'atomicity']) assert.ok(!over.has(name), name)
  })
  test('cachedStore has the capabilities of the inner store of a class, whose methods need their object', () => {
    class Pinged {
      readonly #store = memoryStore()
      pings = 0
      create = this.#store.create
      read = this.#store.read
      commit = this.#store.commit
      touch = this.#store.touch
      delete = this.#store.delete

      ping(): void {
        this.pings += 1
      }
    }
    const inner = new Pinged()
    cachedStore(inner).ping()
    assert.equal(inner.pings, 1)
  })
})

describe('cachedStore refuses', () => {
  for (const [what, store] of Object.entries({
    nothing: undefined,
    'a client': {},
    'a promise': Promise.resolve(),
  })) {
    test(`cachedStore refuses ${what} in place of a store`, () => {
      assert.throws(
        () => cachedStore(store as unknown as SessionStore),
        (error: unknown) => error instanceof SessionConfigError && /allowed is a store/.test(error.message),
      )
    })
  }
  const refused: readonly [unknown, RegExp][] = [
    [{ ttl: '2h' }, /^cachedStore\.ttl: received '2h'; allowed is .* to 3600 seconds/],
    [{ ttl: 0 }, /^cachedStore\.ttl: received 0/],
    [{ maxEntries: 0 }, /^cachedStore\.maxEntries: received 0; allowed is a whole number from 1 to 1000000/],
    [{ maxEntries: 1.5 }, /^cachedStore\.maxEntries: received 1\.5/],
    [{ max: 5 }, /^cachedStore\.max: unknown option\. Allowed are maxEntries, ttl/],
  ]
  for (const [options, message] of refused) {
    test(JSON.stringify(options), () => {
      assert.throws(
        () => cachedStore(memoryStore(), options as CachedStoreOptions),
        (error: unknown) => error instanceof SessionConfigError && message.test(error.message),
      )
    })
  }
})
