import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeRecord } from '../../src/record.ts'
import type { SessionRecord } from '../../src/store.ts'
import { casesOfWrongClock, dawn, failedBy, look, overwrite, testFaults } from './store-faults.ts'

const thaw = (record: SessionRecord): SessionRecord => ({ ...record, commitIds: [...record.commitIds] })

testFaults({
  'whose create is a blind upsert': [
    (good) => ({
      create(record) {
        overwrite(good, record)
        return true
      },
    }),
    [
      'create sent twice is true, then false with the same commit id on the record',
      'create over a live record is false and changes nothing',
      'of 20 parallel creates of one key exactly one happens',
      'create over an expired record is false and brings nothing to life',
    ],
  ],
  'whose commit is a blind upsert': [
    (good) => ({
      commit(key, _, change) {
        const record = look(good, key) ?? ({ key, handle: 'h', format: 1, createdAt: 1 } as SessionRecord)
        overwrite(good, changeRecord(record, change))
        return true
      },
    }),
    [
      'commit on another version is false and changes nothing',
      'of 50 parallel commits with the same expectation exactly one happens',
      'commit on the same version with another newest commit id is false and changes nothing',
      'commit sent twice is true, then false with its id among the commit ids',
      'after delete, neither commit nor touch brings the record back',
      'a delete among parallel commits and touches is final',
      'commit on an absent key is false and creates nothing',
      'commit on a record whose idle end has come is false and revives nothing',
      'commit on a record whose end has come is false, even if the change would extend it',
      'user index: a commit that fails moves nothing',
      'user index: deleteOwned removes one record of the user for good',
      'user index: a session that changes its user beside deleteOwned is gone, or it is with the other user',
      'user index: after deleteByUser no commit revives',
      'user index: a deleteByUser among commits and touches is final',
      'user index: a session that changes its user beside deleteByUser is gone, or it is with the other user',
    ],
  ],
  'that hands out a live object': [
    (good) => {
      const rows = new Map<string, SessionRecord>()
      return {
        create(record, now) {
          const isNew = good.create(record, now)
          if (isNew) rows.set(record.key, thaw(look(good, record.key) as SessionRecord))
          return isNew
        },
        read: (key, now) => (good.read(key, now) ? rows.get(key) : undefined),
        commit(key, expected, change, now) {
          const isDone = good.commit(key, expected, change, now)
          if (isDone) rows.set(key, thaw(look(good, key) as SessionRecord))
          return isDone
        },
        touch(key, lastSeenAt, idleExpiresAt, now) {
          const wasThere = good.touch(key, lastSeenAt, idleExpiresAt, now)
          if (wasThere) Object.assign(rows.get(key) as object, thaw(look(good, key) as SessionRecord))
          return wasThere
        },
      }
    },
    [
      'changing a record that read handed out changes nothing in the store',
      'a record that read handed out stays as it was when the store moves on',
    ],
  ],
  'that ignores expiry': [
    (good) => ({
      read: (key) => good.read(key, dawn),
      commit: (key, expected, change) => good.commit(key, expected, change, dawn),
      touch: (key, lastSeenAt, idleExpiresAt) => good.touch(key, lastSeenAt, idleExpiresAt, dawn),
      listByUser: (userId) => good.listByUser(userId, dawn),
      countByUser: (userId) => good.countByUser(userId, dawn),
      deleteByUser: (userId) => good.deleteByUser(userId, dawn),
    }),
    [
      ...casesOfWrongClock,
      'user index: the expired are neither listed nor counted',
      'user index: deleteByUser removes all and counts the live',
    ],
  ],
  'whose touch rewrites the data': [
    (good) => {
      const first = new Map<string, SessionRecord>()
      return {
        create(record, now) {
          const isNew = good.create(record, now)
          if (isNew) first.set(record.key, look(good, record.key) as SessionRecord)
          return isNew
        },
        touch(key, lastSeenAt, idleExpiresAt, now) {
          const wasThere = good.touch(key, lastSeenAt, idleExpiresAt, now)
          const record = look(good, key)
          const { data = '' } = first.get(key) ?? {}
          if (wasThere && record) overwrite(good, { ...record, data })
          return wasThere
        },
      }
    },
    [
      'touch keeps what a commit has written',
      'of touches and commits that overlap none undoes the other',
      'user index: the list shows what commits and touches left',
    ],
  ],
  'that loses the user index at a commit': [
    (good) => {
      const lost = new Set<string>()
      const kept = (records: readonly SessionRecord[]): SessionRecord[] =>
        records.filter(({ key }) => !lost.has(key))
      const list = (userId: string, now: number): SessionRecord[] =>
        kept(good.listByUser(userId, now) as readonly SessionRecord[])
      return {
        commit(key, expected, change, now) {
          const isDone = good.commit(key, expected, change, now)
          if (isDone) lost.add(key)
          return isDone
        },
        listByUser: list,
        countByUser: (userId, now) => list(userId, now).length,
      }
    },
    [
      'user index: a login puts the session under its user',
      'user index: a change of user moves the session',
      'user index: the list shows what commits and touches left',
      'user index: deleteByUser removes all and counts the live',
      'user index: ids are told apart exactly, whatever they hold',
    ],
  ],
  'that reports success for nothing': [
    (good) => ({
      commit: (...given) => good.commit(...given) || true,
      touch: (...given) => good.touch(...given) || true,
      delete: (key) => good.delete(key) || true,
    }),
    [
      'commit on another version is false and changes nothing',
      'of 50 parallel commits with the same expectation exactly one happens',
      'commit on the same version with another newest commit id is false and changes nothing',
      'commit sent twice is true, then false with its id among the commit ids',
      'delete is true for a record, false the second time',
      'delete of a key that never was is false',
      'after delete, neither commit nor touch brings the record back',
      'a delete among parallel commits and touches is final',
      'of 20 parallel deletes exactly one was the one',
      'commit on an absent key is false and creates nothing',
      'touch on an absent key is false and creates nothing',
      'commit on a record whose idle end has come is false and revives nothing',
      'commit on a record whose end has come is false, even if the change would extend it',
      'touch on a record whose idle end has come is false and revives nothing',
      'touch on a record whose end has come is false and revives nothing',
      'delete removes an expired record for good',
      'user index: deleteOwned removes one record of the user for good',
      'user index: a session that changes its user beside deleteOwned is gone, or it is with the other user',
      'user index: after deleteByUser no commit revives',
      'user index: a session that changes its user beside deleteByUser is gone, or it is with the other user',
      'sweep spares what a touch or a commit has moved on meanwhile',
    ],
  ],
})

test('the store behind all of them fails nothing', async () => {
  assert.deepEqual(await failedBy(() => ({})), [])
})
