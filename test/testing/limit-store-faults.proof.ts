import { hasExpired } from '../../src/contract/record.ts'
import type { ListedRecord } from '../../src/contract/capabilities.ts'
import type { LimitedWrite } from '../../src/contract/limited-writes.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { dawn, listAll, look, testFaults } from './store-faults.ts'
import type { Fault, SplitStore } from './store-faults.ts'

/** How a faulty store chooses whom to end, from all records of the owner. */
interface Choice {
  readonly isCounted?: (record: ListedRecord, now: number, key: string) => boolean
  readonly compare?: (one: ListedRecord, other: ListedRecord) => number
  readonly most?: number
  readonly ownerOf?: (good: SplitStore, owner: string) => readonly ListedRecord[]
}

const byUse = (one: ListedRecord, other: ListedRecord): number => one.lastSeenAt - other.lastSeenAt
const isLiveOther = (record: ListedRecord, now: number, key: string): boolean =>
  record.key !== key && !hasExpired(record, now)

/** Writes as it should, and then ends other sessions than it should. */
const choosing =
  ({ isCounted = isLiveOther, compare = byUse, most = 100, ownerOf = listAll }: Choice): Fault =>
  (good) => {
    const evict = (key: string, owner: string, limit: number, now: number): LimitedWrite => {
      const others = ownerOf(good, owner).filter((record) => isCounted(record, now, key))
      const count = Math.min(most, Math.max(0, others.length + 1 - limit))
      const surplus = others.toSorted(compare).slice(0, count)
      for (const record of surplus) void good.delete(record.key)
      return { isWritten: true, evicted: surplus.map(({ handle }) => handle) }
    }
    return {
      createWithin(record, limit, now) {
        if (good.create(record, now) !== true) return { isWritten: false, evicted: [] }
        return evict(record.key, record.owner ?? '', limit, now)
      },
      commitWithin(key, expected, change, limit, now) {
        if (good.commit(key, expected, change, now) !== true) return { isWritten: false, evicted: [] }
        return evict(key, change.owner ?? '', limit, now)
      },
    }
  }

testFaults({
  'that keeps no limit': [
    choosing({ most: 0 }),
    [
      'user index: create with a limit ends the session that was unused for longest, and never its own',
      'user index: commit with a limit ends the session that was unused for longest, and never its own',
      'user index: create with a limit goes by the last use, as touches moved it',
      'user index: commit with a limit goes by the last use, as touches moved it',
      'user index: create with a limit within a limit of 1 ends all others',
      'user index: commit with a limit within a limit of 1 ends all others',
      'user index: create with a limit ends at most 100 sessions in a step',
      'user index: commit with a limit ends at most 100 sessions in a step',
      'user index: 50 parallel logins by create with a limit under a limit of 3 leave exactly 3',
      'user index: 50 parallel logins by commit with a limit under a limit of 3 leave exactly 3',
      'user index: commit with a limit moves a session to another user, whose limit counts',
      'user index: a limit holds among parallel logins, commits and touches',
      'user index: exactly one of 20 parallel commits with a limit and the same expected version writes',
    ],
  ],
  'that ends one session at most': [
    choosing({ most: 1 }),
    [
      'user index: create with a limit within a limit of 1 ends all others',
      'user index: commit with a limit within a limit of 1 ends all others',
      'user index: create with a limit ends at most 100 sessions in a step',
      'user index: commit with a limit ends at most 100 sessions in a step',
      'user index: a limit holds among parallel logins, commits and touches',
    ],
  ],
  'that ends any number of sessions in a step': [
    choosing({ most: Infinity }),
    [
      'user index: create with a limit ends at most 100 sessions in a step',
      'user index: commit with a limit ends at most 100 sessions in a step',
    ],
  ],
  'that ends the oldest instead of the longest unused': [
    choosing({ compare: (one, other) => one.createdAt - other.createdAt || byUse(one, other) }),
    [
      'user index: create with a limit ends the session that was unused for longest, and never its own',
      'user index: commit with a limit ends the session that was unused for longest, and never its own',
    ],
  ],
  'that ends the most recently used': [
    choosing({ compare: (one, other) => byUse(other, one) }),
    [
      'user index: create with a limit ends the session that was unused for longest, and never its own',
      'user index: commit with a limit ends the session that was unused for longest, and never its own',
      'user index: create with a limit goes by the last use, as touches moved it',
      'user index: commit with a limit goes by the last use, as touches moved it',
      'user index: create with a limit ends at most 100 sessions in a step',
      'user index: commit with a limit ends at most 100 sessions in a step',
    ],
  ],
  'that ends the session which was just written': [
    choosing({ isCounted: (record, now) => !hasExpired(record, now) }),
    [
      'user index: create with a limit below the limit writes the record and ends nothing',
      'user index: commit with a limit below the limit writes the record and ends nothing',
      'user index: create with a limit ends the session that was unused for longest, and never its own',
      'user index: commit with a limit ends the session that was unused for longest, and never its own',
      'user index: create with a limit goes by the last use, as touches moved it',
      'user index: commit with a limit goes by the last use, as touches moved it',
      'user index: create with a limit within a limit of 1 ends all others',
      'user index: commit with a limit within a limit of 1 ends all others',
      'user index: create with a limit counts only live sessions',
      'user index: commit with a limit counts only live sessions',
      'user index: create with a limit ends at most 100 sessions in a step',
      'user index: commit with a limit ends at most 100 sessions in a step',
      'user index: 50 parallel logins by create with a limit under a limit of 3 leave exactly 3',
      'user index: 50 parallel logins by commit with a limit under a limit of 3 leave exactly 3',
      'user index: commit with a limit, of a session that the user already has counts it once',
      'user index: commit with a limit moves a session to another user, whose limit counts',
      'user index: a limit holds among parallel logins, commits and touches',
      'user index: exactly one of 20 parallel commits with a limit and the same expected version writes',
    ],
  ],
  'that counts ended sessions towards the limit': [
    choosing({ isCounted: (record, _now, key) => record.key !== key }),
    [
      'user index: create with a limit counts only live sessions',
      'user index: commit with a limit counts only live sessions',
    ],
  ],
  'that counts the sessions of all users towards the limit': [
    choosing({
      ownerOf: (good) => {
        const { records } = good.enumerate(undefined, 1000, dawn) as { records: readonly SessionRecord[] }
        return records.filter(({ owner }) => owner !== undefined)
      },
    }),
    [
      'user index: create with a limit leaves other users and anonymous sessions alone',
      'user index: commit with a limit leaves other users and anonymous sessions alone',
      'user index: commit with a limit moves a session to another user, whose limit counts',
    ],
  ],
  'that keeps one session fewer than the limit': [
    (good) => ({
      createWithin: (record, limit, now) => good.createWithin(record, Math.max(1, limit - 1), now),
      commitWithin: (key, expected, change, limit, now) =>
        good.commitWithin(key, expected, change, Math.max(1, limit - 1), now),
    }),
    [
      'user index: create with a limit below the limit writes the record and ends nothing',
      'user index: commit with a limit below the limit writes the record and ends nothing',
      'user index: create with a limit ends the session that was unused for longest, and never its own',
      'user index: commit with a limit ends the session that was unused for longest, and never its own',
      'user index: create with a limit goes by the last use, as touches moved it',
      'user index: commit with a limit goes by the last use, as touches moved it',
      'user index: create with a limit counts only live sessions',
      'user index: commit with a limit counts only live sessions',
      'user index: 50 parallel logins by create with a limit under a limit of 3 leave exactly 3',
      'user index: 50 parallel logins by commit with a limit under a limit of 3 leave exactly 3',
      'user index: commit with a limit, of a session that the user already has counts it once',
      'user index: a limit holds among parallel logins, commits and touches',
    ],
  ],
  'whose createWithin overwrites': [
    (good) => ({
      createWithin(record, limit, now) {
        void good.delete(record.key)
        return good.createWithin(record, limit, now)
      },
    }),
    ['user index: create with a limit, of a key that is taken writes nothing and ends nothing'],
  ],
  'that ends sessions before it knows that it writes': [
    (good) => ({
      createWithin(record, limit, now) {
        const evicted = makeRoom(good, record, limit, now)
        const isWritten = good.create(record, now) as boolean
        return { isWritten, evicted: isWritten ? evicted : [] }
      },
      commitWithin(key, expected, { ...change }, limit, now) {
        const evicted = makeRoom(good, { ...change, key }, limit, now)
        const isWritten = good.commit(key, expected, change, now) as boolean
        return { isWritten, evicted: isWritten ? evicted : [] }
      },
    }),
    [
      'user index: create with a limit, of a key that is taken writes nothing and ends nothing',
      'user index: commit with a limit that does not write ends nothing',
    ],
  ],
  'whose commitWithin undoes a touch': [
    (good) => ({
      commitWithin(key, expected, change, limit, now) {
        const record = look(good, key)
        const written = good.commitWithin(key, expected, change, limit, now) as LimitedWrite
        if (written.isWritten && record && record.lastSeenAt > change.lastSeenAt) {
          const { handle, ...rest } = { ...record, ...change }
          void good.delete(key)
          void good.create({ handle, ...rest }, dawn)
        }
        return written
      },
    }),
    ['user index: commit with a limit derives the instants as commit does'],
  ],
  'whose commitWithin counts a session of the user twice': [
    (good) => ({
      commitWithin(key, expected, change, limit, now) {
        const isOwn = look(good, key)?.owner === change.owner
        return good.commitWithin(key, expected, change, isOwn ? limit - 1 : limit, now)
      },
    }),
    ['user index: commit with a limit, of a session that the user already has counts it once'],
  ],
  'whose commitWithin keeps the limit of the former user': [
    (good) => ({
      commitWithin(key, expected, change, limit, now) {
        const former = look(good, key)?.owner ?? change.owner
        if (former === change.owner) return good.commitWithin(key, expected, change, limit, now)
        const isWritten = good.commit(key, expected, change, now) as boolean
        const others = listAll(good, former ?? '').slice(0, 1)
        for (const other of others) void good.delete(other.key)
        return { isWritten, evicted: others.map(({ handle }) => handle) }
      },
    }),
    ['user index: commit with a limit moves a session to another user, whose limit counts'],
  ],
})

/** Ends the surplus of an owner before a write. */
function makeRoom(
  good: SplitStore,
  { key, owner = '' }: Pick<SessionRecord, 'key' | 'owner'>,
  limit: number,
  now: number,
): string[] {
  const others = listAll(good, owner).filter((record) => isLiveOther(record, now, key))
  const surplus = others.toSorted(byUse).slice(0, Math.min(100, Math.max(0, others.length + 1 - limit)))
  for (const record of surplus) void good.delete(record.key)
  return surplus.map(({ handle }) => handle)
}
