import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BoundedStaleness, UncachedRead } from '../../src/capabilities.ts'
import { hasExpired } from '../../src/record.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'
import type { SessionRecord } from '../../src/store.ts'
import { failedAmongProcesses, testFaults, testProcessFaults } from './store-faults.ts'

/** Caches reads until its own process writes; writes of the other process do not invalidate the cache. */
function withCache(good: MemoryStore): Partial<MemoryStore> {
  const cache = new Map<string, SessionRecord>()
  good.onEviction(() => cache.clear())
  const forgetting =
    <Given extends readonly unknown[], Answer>(act: (...given: Given) => Answer) =>
    (...given: Given): Answer => {
      cache.clear()
      return act(...given)
    }
  return {
    read(key, now) {
      const record = cache.get(key) ?? (good.read(key, now) as SessionRecord | undefined)
      if (!record || hasExpired(record, now)) return undefined
      cache.set(key, record)
      return record
    },
    create: forgetting(good.create),
    commit: forgetting(good.commit),
    touch: forgetting(good.touch),
    delete: forgetting(good.delete),
    deleteOwned: forgetting(good.deleteOwned),
    deleteByUser: forgetting(good.deleteByUser),
    sweep: forgetting(good.sweep),
  }
}

/** Records which sessions its own process created or changed. */
function withOwnKeys(good: MemoryStore): { own: Set<string>; writes: Partial<MemoryStore> } {
  const own = new Set<string>()
  return {
    own,
    writes: {
      create: (record, now) => (own.add(record.key), good.create(record, now)),
      commit: (key, ...given) => (own.add(key), good.commit(key, ...given)),
    },
  }
}

const staleReads = [
  'across processes: read shows that the other has deleted a session it showed before',
  'across processes: read shows that the other has revoked all sessions of the user',
  'across processes: read shows what the other has committed to a record it showed before',
]

testProcessFaults({
  'with a cache that the other process does not invalidate': [
    withCache,
    ['across processes: each reads what the other wrote, whatever it has read before', ...staleReads],
  ],
  'whose readUncached reads its cache': [
    (good) => {
      const cached = withCache(good)
      return { ...cached, readUncached: cached.read } as Partial<MemoryStore & UncachedRead>
    },
    [
      'across processes: each reads what the other wrote, whatever it has read before',
      ...staleReads,
      'across processes: readUncached returns what another process did to a record that read has cached',
    ],
  ],
  'that lists only what its own process wrote': [
    (good) => {
      const { own, writes } = withOwnKeys(good)
      return {
        ...writes,
        async listByUser(userId, now) {
          return (await good.listByUser(userId, now)).filter(({ key }) => own.has(key))
        },
        async countByUser(userId, now) {
          return (await good.listByUser(userId, now)).filter(({ key }) => own.has(key)).length
        },
      }
    },
    ['across processes: the sessions of a user are listed, counted and deleted wherever they were created'],
  ],
  'that deletes only those sessions of a user that its own process wrote': [
    (good) => {
      const { own, writes } = withOwnKeys(good)
      return {
        ...writes,
        async deleteByUser(userId, now) {
          const records = await good.listByUser(userId, now)
          if (records.every(({ key }) => own.has(key))) return good.deleteByUser(userId, now)
          return 0
        },
      }
    },
    [
      'across processes: the sessions of a user are listed, counted and deleted wherever they were created',
      'across processes: deleteByUser is final',
      'across processes: read shows that the other has revoked all sessions of the user',
    ],
  ],
  'that enumerates only what its own process wrote': [
    (good) => {
      const { own, writes } = withOwnKeys(good)
      return {
        ...writes,
        async enumerate(cursor, limit, now) {
          const page = await good.enumerate(cursor, limit, now)
          return { ...page, records: page.records.filter(({ key }) => own.has(key)) }
        },
      }
    },
    ['across processes: enumerate returns every live record, wherever it was created'],
  ],
})

testFaults({
  'whose cache holds what was deleted': [
    (good) => ({ ...withCache(good), delete: good.delete }),
    ['delete returns true for a record and false the second time'],
  ],
  'whose cache holds what deleteOwned removed': [
    (good) => ({ ...withCache(good), deleteOwned: good.deleteOwned }),
    ['user index: deleteOwned removes one record of the user for good'],
  ],
  'whose cache holds what deleteByUser removed': [
    (good) => ({ ...withCache(good), deleteByUser: good.deleteByUser }),
    ['user index: deleteByUser removes every session and counts the live ones'],
  ],
})

/** Caches like {@link withCache}, but shows no record for longer than it says. */
function withBoundedCache(good: MemoryStore, maxStaleness: number): Partial<MemoryStore> & UncachedRead {
  const { read = good.read, ...forgetting } = withCache(good)
  const readAt = new Map<string, number>()
  const own: Partial<MemoryStore> & UncachedRead & BoundedStaleness = {
    ...forgetting,
    read(key, now) {
      if (now - (readAt.get(key) ?? now) >= maxStaleness) return good.read(key, now)
      if (!readAt.has(key)) readAt.set(key, now)
      return read(key, now)
    },
    readUncached: good.read,
    maxStaleness,
  }
  return own
}

test('a store may cache reads, as long as its readUncached is current and it says for how long', async () => {
  assert.deepEqual(await failedAmongProcesses((good) => withBoundedCache(good, 120_000)), [])
  const dishonest = await failedAmongProcesses((good) => ({
    ...withBoundedCache(good, 120_000),
    maxStaleness: 119_999,
  }))
  assert.deepEqual(dishonest, staleReads)
  const silent = await failedAmongProcesses((good) => {
    const fault: Partial<MemoryStore & UncachedRead> = { ...withCache(good), readUncached: good.read }
    return fault
  })
  assert.deepEqual(silent, staleReads)
})

test('a store whose cached records live on as long as they are read fails by name', async () => {
  const failed = await failedAmongProcesses((good) => {
    const maxStaleness = 120_000
    const { read = good.read, ...forgetting } = withCache(good)
    const usedAt = new Map<string, number>()
    const own: Partial<MemoryStore> & UncachedRead & BoundedStaleness = {
      ...forgetting,
      read(key, now) {
        const age = now - (usedAt.get(key) ?? now)
        usedAt.set(key, now)
        return age < maxStaleness ? read(key, now) : good.read(key, now)
      },
      readUncached: good.read,
      maxStaleness,
    }
    return own
  })
  assert.deepEqual(failed, staleReads.slice(0, 1))
})

test('a store that says how old its reads may be in anything but milliseconds fails by name', async () => {
  for (const maxStaleness of [-1, 0.5, Number.NaN, Infinity, '5s']) {
    const failed = await failedAmongProcesses((good) => {
      const fault: object = { maxStaleness }
      return { ...good, ...fault }
    })
    assert.deepEqual(failed, staleReads, `${maxStaleness}`)
  }
})
