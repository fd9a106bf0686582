import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BoundedStaleness, UncachedRead } from '../../src/contract/capabilities.ts'
import type { LimitedWrite } from '../../src/contract/limited-writes.ts'
import { hasExpired } from '../../src/contract/record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { failedAmongProcesses, testFaults, testProcessFaults } from './store-faults.ts'
import type { SplitStore } from './store-faults.ts'

/** Caches reads until its own process writes; writes of the other process do not invalidate the cache. */
function withCache(good: SplitStore): Partial<SplitStore> {
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
    deleteByHandle: forgetting(good.deleteByHandle),
    deleteByUser: forgetting(good.deleteByUser),
    createWithin: forgetting(good.createWithin),
    commitWithin: forgetting(good.commitWithin),
    sweep: forgetting(good.sweep),
  }
}

/** Records which sessions its own process created or changed. */
function withOwnKeys(good: SplitStore): { own: Set<string>; writes: Partial<SplitStore> } {
  const own = new Set<string>()
  return {
    own,
    writes: {
      create: (record, now) => (own.add(record.key), good.create(record, now)),
      commit: (key, ...given) => (own.add(key), good.commit(key, ...given)),
      createWithin: (record, ...given) => (own.add(record.key), good.createWithin(record, ...given)),
      commitWithin: (key, ...given) => (own.add(key), good.commitWithin(key, ...given)),
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
      return { ...cached, readUncached: cached.read } as Partial<SplitStore & UncachedRead>
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
        async listByUser(owner, page, now) {
          return (await good.listByUser(owner, page, now)).filter(({ key }) => own.has(key))
        },
        async countByUser(owner, now) {
          const all = await good.listByUser(owner, { limit: 1000 }, now)
          return all.filter(({ key }) => own.has(key)).length
        },
      }
    },
    [
      'across processes: the sessions of a user are listed, counted and deleted wherever they were created',
      'across processes: 50 parallel logins of a user under a limit of 3 leave exactly 3',
    ],
  ],
  'that deletes only those sessions of a user that its own process wrote': [
    (good) => {
      const { own, writes } = withOwnKeys(good)
      return {
        ...writes,
        async deleteByUser(owner, step, now) {
          const records = await good.listByUser(owner, { limit: 1000 }, now)
          if (records.every(({ key }) => own.has(key))) return good.deleteByUser(owner, step, now)
          return { handles: [] }
        },
      }
    },
    [
      'across processes: the sessions of a user are listed, counted and deleted wherever they were created',
      'across processes: deleteByUser is final',
      'across processes: read shows that the other has revoked all sessions of the user',
    ],
  ],
  'that ends by handle only what its own process wrote': [
    (good) => {
      const { own, writes } = withOwnKeys(good)
      return {
        ...writes,
        async deleteByHandle(owner, handle, now) {
          const listed = await good.listByUser(owner, { limit: 1000 }, now)
          const isOwn = listed.some((record) => record.handle === handle && own.has(record.key))
          return isOwn && good.deleteByHandle(owner, handle, now)
        },
      }
    },
    [
      'across processes: deleteByHandle ends a session wherever it was created',
      'user index: deleteByHandle removes an expired session and answers whether one was live',
    ],
  ],
  'that counts towards a limit only what its own process wrote': [
    (good) => {
      const { own, writes } = withOwnKeys(good)
      const evict = async (key: string, owner: string, limit: number, now: number): Promise<LimitedWrite> => {
        const live = await good.listByUser(owner, { limit: 1000 }, now)
        const others = live.filter((other) => own.has(other.key) && other.key !== key)
        const surplus = others
          .toSorted((one, other) => one.lastSeenAt - other.lastSeenAt)
          .slice(0, Math.min(100, Math.max(0, others.length + 1 - limit)))
        const gone = surplus.filter((other) => good.delete(other.key) === true)
        return { isWritten: true, evicted: gone.map(({ handle }) => handle) }
      }
      return {
        ...writes,
        async createWithin(record, limit, now) {
          if (!(await writes.create?.(record, now))) return { isWritten: false, evicted: [] }
          return evict(record.key, record.owner ?? '', limit, now)
        },
        async commitWithin(key, expected, change, limit, now) {
          if (!(await writes.commit?.(key, expected, change, now))) return { isWritten: false, evicted: [] }
          return evict(key, change.owner ?? '', limit, now)
        },
      }
    },
    [
      'across processes: 50 parallel logins of a user under a limit of 3 leave exactly 3',
      'user index: 50 parallel logins by create with a limit under a limit of 3 leave exactly 3',
      'user index: 50 parallel logins by commit with a limit under a limit of 3 leave exactly 3',
      'user index: a limit holds among parallel logins, commits and touches',
    ],
  ],
  'whose delete compares the owner with what its own process has read': [
    (good) => {
      const seen = new Map<string, string | undefined>()
      return {
        read(key, now) {
          const record = good.read(key, now) as SessionRecord | undefined
          if (record) seen.set(key, record.owner)
          return record
        },
        delete(key, owner) {
          const isSeen = owner !== undefined && seen.has(key) && (seen.get(key) ?? null) === owner
          return isSeen ? good.delete(key) : good.delete(key, owner)
        },
      }
    },
    ['across processes: a delete with an owner ends no login of the other'],
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
    [
      'delete returns true for a record and false the second time',
      'delete of its owner removes the record',
      'delete of nobody (null) removes an anonymous record',
    ],
  ],
  'whose cache holds what deleteByHandle removed': [
    (good) => ({ ...withCache(good), deleteByHandle: good.deleteByHandle }),
    ['user index: deleteByHandle removes one session of the user for good'],
  ],
  'whose cache holds what createWithin ended': [
    (good) => ({ ...withCache(good), createWithin: good.createWithin }),
    ['user index: create with a limit within a limit of 1 ends all others'],
  ],
  'whose cache holds what commitWithin ended': [
    (good) => ({ ...withCache(good), commitWithin: good.commitWithin }),
    [],
  ],
  'whose cache holds what deleteByUser removed': [
    (good) => ({ ...withCache(good), deleteByUser: good.deleteByUser }),
    ['user index: deleteByUser removes every session and names the live ones'],
  ],
})

/** Caches like {@link withCache}, but shows no record for longer than it says. */
function withBoundedCache(good: SplitStore, maxStaleness: number): Partial<SplitStore> & UncachedRead {
  const { read = good.read, ...forgetting } = withCache(good)
  const readAt = new Map<string, number>()
  const own: Partial<SplitStore> & UncachedRead & BoundedStaleness = {
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
    const fault: Partial<SplitStore & UncachedRead> = { ...withCache(good), readUncached: good.read }
    return fault
  })
  assert.deepEqual(silent, staleReads)
})

test('a store whose cached records live on as long as they are read fails by name', async () => {
  const failed = await failedAmongProcesses((good) => {
    const maxStaleness = 120_000
    const { read = good.read, ...forgetting } = withCache(good)
    const usedAt = new Map<string, number>()
    const own: Partial<SplitStore> & UncachedRead & BoundedStaleness = {
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
