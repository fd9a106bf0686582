import { hasExpired } from '../../src/record.ts'
import type { SessionRecord } from '../../src/store.ts'
import { listAll, look, testFaults } from './store-faults.ts'

testFaults({
  'whose deleteByUser deletes one page': [
    (good) => ({
      deleteByUser(userId, now) {
        const page = listAll(good, userId).slice(0, 100)
        for (const { key } of page) void good.delete(key)
        return page.filter((record) => !hasExpired(record, now)).length
      },
    }),
    ['user index: deleteByUser removes every session and counts the live ones'],
  ],
  'whose deleteByUser spares the newest of many': [
    (good) => ({
      deleteByUser(userId, now) {
        const live = good.countByUser(userId, now)
        const listed = listAll(good, userId)
        for (const { key } of listed.slice(0, Math.max(3, listed.length - 1))) void good.delete(key)
        return live
      },
    }),
    ['user index: deleteByUser removes every session and counts the live ones'],
  ],
  'whose list has one page': [
    (good) => {
      const list = (userId: string, now: number): readonly SessionRecord[] =>
        (good.listByUser(userId, now) as readonly SessionRecord[]).slice(0, 100)
      return { listByUser: list, countByUser: (userId, now) => list(userId, now).length }
    },
    ['user index: deleteByUser removes every session and counts the live ones'],
  ],
  'whose list is in order of use': [
    (good) => ({
      listByUser: (userId, now) =>
        (good.listByUser(userId, now) as readonly SessionRecord[]).toSorted(
          (left, right) => left.lastSeenAt - right.lastSeenAt,
        ),
    }),
    ['user index: listByUser returns the live records of a user, oldest first'],
  ],
  'that lists and enumerates live objects': [
    (good) => {
      const rows = new Map<string, SessionRecord>()
      const live = (key: string): SessionRecord => {
        const { commitIds, ...rest } = look(good, key) as SessionRecord
        const row = Object.assign(rows.get(key) ?? {}, { ...rest, commitIds: [...commitIds] })
        rows.set(key, row)
        return row
      }
      const enliven = (records: readonly SessionRecord[]): SessionRecord[] =>
        records.map(({ key }) => rows.get(key) ?? live(key))
      return {
        touch: (key, ...rest) => good.touch(key, ...rest) && live(key) !== undefined,
        commit: (key, ...rest) => good.commit(key, ...rest) && live(key) !== undefined,
        listByUser: (...given) => enliven(good.listByUser(...given) as readonly SessionRecord[]),
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
