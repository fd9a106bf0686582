import { hasExpired } from '../../src/contract/record.ts'
import type { ListedRecord } from '../../src/contract/capabilities.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { dawn, ended, listAll, look, testFaults } from './store-faults.ts'
import type { Fault, SplitStore } from './store-faults.ts'

/** Lists something else than the correct store does; counts are those of the lists. */
const listing =
  (
    list: (good: SplitStore) => (...given: Parameters<MemoryStore['listByUser']>) => readonly ListedRecord[],
  ): Fault =>
  (good) => ({
    listByUser: list(good),
  })

/** The correct answer. */
function pageOf(good: SplitStore, ...given: Parameters<MemoryStore['listByUser']>): readonly ListedRecord[] {
  return good.listByUser(...given) as readonly ListedRecord[]
}

/** A live record that a list must not contain in full. */
function inFull(good: SplitStore, { key }: ListedRecord): SessionRecord {
  return look(good, key) as SessionRecord
}

testFaults({
  'that rejects for a user without sessions': [
    (good) => ({
      countByUser(owner, now) {
        if (listAll(good, owner).length === 0) throw new Error('no such user')
        return good.countByUser(owner, now)
      },
    }),
    [
      'user index: an unknown user has no sessions',
      'user index: a commit that fails changes nothing',
      'user index: a change of user moves the session to the new user',
      'user index: a commit without a user removes the session',
      'user index: deleteByHandle removes a session that a login has bound to the user',
      'user index: deleteByHandle removes an expired session and answers whether one was live',
      'user index: deleteByUser removes every session and names the live ones',
      'user index: no commit revives a session after deleteByUser',
      'user index: deleteByUser ends the sessions that parallel commits move within the list',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
    ],
  ],
  'whose deleteByUser deletes one step': [
    (good) => ({
      deleteByUser(owner, { except }, now) {
        const page = listAll(good, owner)
          .filter(({ key }) => key !== except)
          .slice(0, 100)
        for (const { key } of page) void good.delete(key)
        return ended(page, now)
      },
    }),
    [
      'user index: deleteByUser removes every session and names the live ones',
      'user index: deleteByUser ends more sessions than one step holds',
    ],
  ],
  'whose deleteByUser spares the newest of many': [
    (good) => ({
      deleteByUser(owner, { except }, now) {
        const listed = listAll(good, owner).filter(({ key }) => key !== except)
        for (const { key } of listed.slice(0, Math.max(3, listed.length - 1))) void good.delete(key)
        return ended(listed, now)
      },
    }),
    [
      'user index: deleteByUser removes every session and names the live ones',
      'user index: deleteByUser ends more sessions than one step holds',
      'user index: deleteByUser ends the sessions that parallel commits move within the list',
    ],
  ],
  'whose deleteByUser forgets the exception after its first step': [
    (good) => ({
      deleteByUser(owner, { except, cursor }, now) {
        const listed = listAll(good, owner).filter(({ key }) => cursor !== undefined || key !== except)
        const step = listed.slice(0, 50)
        for (const { key } of step) void good.delete(key)
        return listed.length > 0 ? { ...ended(step, now), cursor: 'more' } : ended(step, now)
      },
    }),
    [
      'user index: deleteByUser ends more sessions than one step holds',
      'user index: deleteByUser keeps the session with the key that is excepted',
    ],
  ],
  'whose deleteByUser names expired sessions': [
    (good) => ({
      deleteByUser: (owner, step) => good.deleteByUser(owner, step, dawn),
    }),
    [
      'user index: deleteByUser removes every session and names the live ones',
      'user index: deleteByUser removes expired sessions without naming them',
    ],
  ],
  'whose deleteByUser leaves expired sessions behind': [
    (good) => ({
      deleteByUser(owner, { except }, now) {
        const live = listAll(good, owner).filter((each) => each.key !== except && !hasExpired(each, now))
        for (const { key } of live) void good.delete(key)
        return ended(live, now)
      },
    }),
    [
      'user index: deleteByUser removes every session and names the live ones',
      'user index: deleteByUser removes expired sessions without naming them',
    ],
  ],
  'whose deleteByUser names its sessions again in each step': [
    (good) => {
      const named: string[] = []
      return {
        deleteByUser(owner, { except, cursor }, now) {
          if (cursor === undefined) named.length = 0
          const step = listAll(good, owner)
            .filter(({ key }) => key !== except)
            .slice(0, 90)
          for (const { key } of step) void good.delete(key)
          named.push(...ended(step, now).handles)
          return step.length < 90 ? { handles: [...named] } : { handles: [...named], cursor: 'more' }
        },
      }
    },
    [
      'user index: deleteByUser removes every session and names the live ones',
      'user index: deleteByUser ends more sessions than one step holds',
    ],
  ],
  'whose list has one page': [
    listing(
      (good) =>
        (owner, { limit, after }, now) =>
          after === undefined ? pageOf(good, owner, { limit }, now) : [],
    ),
    [
      'user index: the pages of a list have every session once, also those that end at the same instant',
      'user index: a list continues after a session that was ended since',
      'user index: expired sessions take no place on a page',
      'user index: deleteByUser removes every session and names the live ones',
    ],
  ],
  'whose pages begin with the last session of the one before': [
    listing((good) => (owner, { limit, after }, now) => {
      const begin = after && { ...after, handle: after.handle.slice(0, -1) }
      return pageOf(good, owner, { limit, after: begin }, now)
    }),
    [
      'user index: the pages of a list have every session once, also those that end at the same instant',
      'user index: expired sessions take no place on a page',
      'user index: deleteByUser removes every session and names the live ones',
    ],
  ],
  'whose pages begin behind all sessions that end at the same instant': [
    listing(
      (good) =>
        (owner, { limit, after }, now) =>
          pageOf(good, owner, { limit, after: after && { ...after, handle: '~' } }, now),
    ),
    [
      'user index: the pages of a list have every session once, also those that end at the same instant',
      'user index: a list continues after a session that was ended since',
      'user index: deleteByUser removes every session and names the live ones',
    ],
  ],
  'whose pages begin behind a session that must still exist': [
    listing((good) => (owner, { limit, after }, now) => {
      const all = pageOf(good, owner, { limit: 1000 }, now)
      const place = after ? all.findIndex(({ handle }) => handle === after.handle) + 1 : 0
      return all.slice(place, place + limit)
    }),
    [],
  ],
  'whose pages are filtered after they were cut': [
    listing(
      (good) => (owner, page, now) =>
        pageOf(good, owner, page, dawn).filter((record) => !hasExpired(record, now)),
    ),
    [
      'user index: expired sessions take no place on a page',
      'user index: deleteByUser removes every session and names the live ones',
    ],
  ],
  'whose list is longer than its limit': [
    listing(
      (good) =>
        (owner, { after }, now) =>
          pageOf(good, owner, { limit: 1000, after }, now),
    ),
    [
      'user index: the pages of a list have every session once, also those that end at the same instant',
      'user index: expired sessions take no place on a page',
      'user index: deleteByUser removes every session and names the live ones',
    ],
  ],
  'whose list is in order of use': [
    listing(
      (good) =>
        (...given) =>
          pageOf(good, ...given).toSorted((left, right) => left.lastSeenAt - right.lastSeenAt),
    ),
    ['user index: listByUser returns the live records of a user, those that end first before the others'],
  ],
  'whose list carries the data': [
    listing(
      (good) =>
        (...given) =>
          pageOf(good, ...given).map((record) => ({ ...record, data: inFull(good, record).data })),
    ),
    [
      'modifying a record returned by listByUser does not affect the store',
      'a record returned by listByUser does not change when the store does',
      'user index: a login adds the session to its user',
      'user index: the list reflects commits and touches',
      'user index: listByUser returns the live records of a user, those that end first before the others',
      'user index: listByUser shows every property but the secret ones',
      'user index: expired sessions take no place on a page',
      'user index: a record that cannot be read is listed with format 0, and hides no other',
      'user index: users are kept apart, whatever their ids contain',
      'sweep removes expired records from the user index too',
    ],
  ],
  'whose list carries what opens the session': [
    listing(
      (good) =>
        (...given) =>
          pageOf(good, ...given).map((record) => ({
            ...record,
            verifierHash: inFull(good, record).verifierHash,
          })),
    ),
    [
      'modifying a record returned by listByUser does not affect the store',
      'a record returned by listByUser does not change when the store does',
      'user index: a login adds the session to its user',
      'user index: the list reflects commits and touches',
      'user index: listByUser returns the live records of a user, those that end first before the others',
      'user index: listByUser shows every property but the secret ones',
      'user index: expired sessions take no place on a page',
      'user index: a record that cannot be read is listed with format 0, and hides no other',
      'user index: users are kept apart, whatever their ids contain',
      'sweep removes expired records from the user index too',
    ],
  ],
  'whose list leaves out when a session was rotated': [
    listing(
      (good) =>
        (...given) =>
          pageOf(good, ...given).map(({ rotatedAt: _rotatedAt, ...record }) => record as ListedRecord),
    ),
    ['user index: listByUser shows every property but the secret ones'],
  ],
  'that refuses a damaged record when it is read, and hides it from the list': [
    (good) => ({
      read(key, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        if (isDamaged(record)) throw new Error('damaged')
        return record
      },
      listByUser: (...given) => pageOf(good, ...given).filter((record) => !isDamaged(record)),
    }),
    ['user index: a record that cannot be read is listed with format 0, and hides no other'],
  ],
  'that refuses a damaged record when it is read, and lists it as if it were whole': [
    (good) => ({
      read(key, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        if (isDamaged(record)) throw new Error('damaged')
        return record
      },
    }),
    ['user index: a record that cannot be read is listed with format 0, and hides no other'],
  ],
  'that lists and enumerates live objects': [
    (good) => {
      const rows = new Map<string, SessionRecord>()
      const listed = new Map<string, ListedRecord>()
      const live = (key: string): SessionRecord => {
        const { commitIds, ...rest } = look(good, key) as SessionRecord
        const row = Object.assign(rows.get(key) ?? {}, { ...rest, commitIds: [...commitIds] })
        rows.set(key, row)
        return row
      }
      const refresh = (): void => {
        for (const [key, row] of listed) {
          const record = look(good, key)
          const fresh = record && listAll(good, record.owner ?? '').find((each) => each.key === key)
          if (fresh) Object.assign(row, fresh)
        }
      }
      const enliven = (records: readonly SessionRecord[]): SessionRecord[] =>
        records.map(({ key }) => rows.get(key) ?? live(key))
      return {
        touch(key, ...rest) {
          const isDone = good.touch(key, ...rest) && live(key) !== undefined
          refresh()
          return isDone
        },
        commit(key, ...rest) {
          const isDone = good.commit(key, ...rest) && live(key) !== undefined
          refresh()
          return isDone
        },
        listByUser: (...given) =>
          pageOf(good, ...given).map((record) => {
            const row = listed.get(record.key) ?? { ...record }
            listed.set(record.key, row)
            return row
          }),
        enumerate(...given) {
          const page = good.enumerate(...given) as { records: readonly SessionRecord[] }
          return { ...page, records: enliven(page.records) }
        },
      }
    },
    [
      'modifying a record returned by listByUser does not affect the store',
      'a record returned by listByUser does not change when the store does',
      'modifying a record returned by enumerate does not affect the store',
      'a record returned by enumerate does not change when the store does',
    ],
  ],
})

/** A record with lifetimes that no version of the library writes. */
function isDamaged(record: Pick<SessionRecord, 'lifetimes'> | undefined): boolean {
  return record?.lifetimes !== undefined && record.lifetimes !== 'own'
}
