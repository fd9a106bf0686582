import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RecordPage } from '../../src/capabilities.ts'
import { changeRecord, hasExpired, isExpected, touchRecord } from '../../src/record.ts'
import type { SessionRecord } from '../../src/store.ts'
import { dawn, listAll, look, overwrite, testFaults } from './store-faults.ts'
import type { Fault } from './store-faults.ts'

/** Lists, waits, and then deletes. */
const deletingLater =
  (mayGo: (listed: SessionRecord, found: SessionRecord | undefined) => boolean): Fault =>
  (good) => ({
    async deleteByUser(userId, now) {
      const listed = listAll(good, userId)
      const count = listed.filter((record) => !hasExpired(record, now)).length
      await nextTurn()
      for (const record of listed) if (mayGo(record, look(good, record.key))) void good.delete(record.key)
      return count
    },
  })

testFaults({
  'whose touch writes back the whole record': [
    (good) => ({
      async touch(key, lastSeenAt, idleExpiresAt, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        await nextTurn()
        const found = look(good, key)
        if (!record || !found) return false
        const touched = touchRecord(record, lastSeenAt, idleExpiresAt)
        overwrite(good, {
          ...touched,
          lastSeenAt: Math.max(touched.lastSeenAt, found.lastSeenAt),
          idleExpiresAt: Math.max(touched.idleExpiresAt, found.idleExpiresAt),
        })
        return true
      },
    }),
    ['overlapping touches and commits do not undo each other'],
  ],
  'whose commit writes back the whole record': [
    (good) => ({
      async commit(key, expected, change, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        await nextTurn()
        const found = look(good, key)
        if (!record || !found || !isExpected(found, expected)) return false
        overwrite(good, changeRecord(record, change))
        return true
      },
    }),
    ['overlapping touches and commits do not undo each other'],
  ],
  'whose commit writes data and identity in two steps': [
    (good) => ({
      async commit(key, expected, change, now) {
        const { verifierHash, userId } = look(good, key) ?? change
        if (!good.commit(key, expected, { ...change, verifierHash, userId }, now)) return false
        await nextTurn()
        const { verifierHash: newHash, userId: newUser } = change
        const record = look(good, key)
        if (record) overwrite(good, { ...record, verifierHash: newHash, userId: newUser })
        return true
      },
    }),
    [
      'a read during a commit sees the record before or after it, never a mix',
      'user index: a session that changes user during deleteOwned is deleted or belongs to the new user',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
    ],
  ],
  'whose deleteOwned checks the user first and deletes later': [
    (good) => ({
      async deleteOwned(userId, key) {
        if (look(good, key)?.userId !== userId) return false
        await nextTurn()
        return good.delete(key)
      },
    }),
    ['user index: a session that changes user during deleteOwned is deleted or belongs to the new user'],
  ],
  'whose deleteOwned checks only the key': [
    (good) => ({ deleteOwned: (_userId, key) => good.delete(key) }),
    [
      'user index: deleteOwned leaves records of other users and anonymous records alone',
      'user index: a session that changes user during deleteOwned is deleted or belongs to the new user',
    ],
  ],
  'whose deleteByUser spares sessions committed meanwhile': [
    deletingLater((listed, found) => listed.version === found?.version),
    ['user index: deleteByUser among parallel commits and touches is final'],
  ],
  'whose deleteByUser deletes a session that now belongs to another user': [
    deletingLater(() => true),
    ['user index: a session that changes user during deleteByUser is deleted or belongs to the new user'],
  ],
  'whose deleteByUser uses the user at creation': [
    (good) => {
      const users = new Map<string, string | undefined>()
      return {
        create(record, now) {
          users.set(record.key, record.userId)
          return good.create(record, now)
        },
        deleteByUser(userId, now) {
          const own = listAll(good, userId).filter(({ key }) => users.get(key) === userId)
          for (const { key } of own) void good.delete(key)
          return own.filter((record) => !hasExpired(record, now)).length
        },
      }
    },
    [
      'user index: deleteByUser removes every session and counts the live ones',
      'user index: user ids are compared exactly, whatever they contain',
    ],
  ],
  'whose sweep removes what had expired when it listed the records': [
    (good) => ({
      async sweep(before, limit) {
        const { records } = good.enumerate(undefined, 1000, dawn) as RecordPage
        const expired = records.filter((record) => hasExpired(record, before)).slice(0, limit)
        await nextTurn()
        for (const { key } of expired) void good.delete(key)
        return expired.length === limit
      },
    }),
    ['sweep spares a record that a touch or commit extends meanwhile'],
  ],
})
