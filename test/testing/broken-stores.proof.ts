import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeRecord } from '../../src/contract/record.ts'
import type { ListedRecord } from '../../src/contract/capabilities.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
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
      'create sent twice returns true, then false with its commit id on the record',
      'create over a live record returns false and changes nothing',
      'exactly one of 20 parallel creates of one key succeeds',
      'create over an expired record returns false and revives nothing',
    ],
  ],
  'whose commit is a blind upsert': [
    (good) => ({
      commit(key, _, change) {
        const record = look(good, key) ?? ({ key, handle: 'h', format: 2, createdAt: 1 } as SessionRecord)
        overwrite(good, changeRecord(record, change))
        return true
      },
    }),
    [
      'commit with a wrong version returns false and changes nothing',
      'exactly one of 50 parallel commits with the same expected version succeeds',
      'commit with the right version but a wrong commit id returns false and changes nothing',
      'commit sent twice returns true, then false with its id among the commit ids',
      'neither commit nor touch brings a deleted record back',
      'a delete among parallel commits and touches is final',
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
      'a delete of an owner while a commit binds the record to another: exactly one of the two happens',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
      'commit on an absent key returns false and creates nothing',
      'commit on a record past its idleExpiresAt returns false and revives nothing',
      'commit on a record past its endsAt returns false, even if the change would extend it',
      'user index: a commit that fails changes nothing',
      'user index: deleteByHandle removes one session of the user for good',
      'user index: a session that changes user during deleteByHandle is deleted or belongs to the new user',
      'user index: no commit revives a session after deleteByUser',
      'user index: deleteByUser among parallel commits and touches is final',
      'user index: deleteByUser ends the sessions that parallel commits move within the list',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
      'user index: create with a limit within a limit of 1 ends all others',
      'user index: commit with a limit within a limit of 1 ends all others',
    ],
  ],
  'that returns a live object': [
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
      'modifying a record returned by read does not affect the store',
      'a record returned by read does not change when the store does',
      'user index: create with a limit below the limit writes the record and ends nothing',
      'user index: commit with a limit below the limit writes the record and ends nothing',
      'user index: commit with a limit derives the instants as commit does',
      'user index: exactly one of 20 parallel commits with a limit and the same expected version writes',
    ],
  ],
  'that ignores expiry': [
    (good) => ({
      read: (key) => good.read(key, dawn),
      commit: (key, expected, change) => good.commit(key, expected, change, dawn),
      touch: (key, lastSeenAt, idleExpiresAt) => good.touch(key, lastSeenAt, idleExpiresAt, dawn),
      listByUser: (owner, page) => good.listByUser(owner, page, dawn),
      countByUser: (owner) => good.countByUser(owner, dawn),
      deleteByUser: (owner, step) => good.deleteByUser(owner, step, dawn),
      deleteByHandle: (owner, handle) => good.deleteByHandle(owner, handle, dawn),
      createWithin: (record, limit) => good.createWithin(record, limit, dawn),
      commitWithin: (key, expected, change, limit) => good.commitWithin(key, expected, change, limit, dawn),
    }),
    [
      ...casesOfWrongClock,
      'user index: expired sessions are neither listed nor counted',
      'user index: expired sessions take no place on a page',
      'user index: deleteByHandle removes an expired session and answers whether one was live',
      'user index: deleteByUser removes every session and names the live ones',
      'user index: deleteByUser removes expired sessions without naming them',
      'user index: create with a limit counts only live sessions',
      'user index: commit with a limit counts only live sessions',
      'user index: commit with a limit that does not write ends nothing',
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
    ['touch keeps what a commit has written', 'overlapping touches and commits do not undo each other'],
  ],
  'that loses the user index at a commit': [
    (good) => {
      const lost = new Set<string>()
      const list: MemoryStore['listByUser'] = (...given) =>
        (good.listByUser(...given) as readonly ListedRecord[]).filter(({ key }) => !lost.has(key))
      return {
        commit(key, expected, change, now) {
          const isDone = good.commit(key, expected, change, now)
          if (isDone) lost.add(key)
          return isDone
        },
        listByUser: list,
        countByUser: (owner, now) => (list(owner, { limit: 1000 }, now) as readonly ListedRecord[]).length,
      }
    },
    [
      'user index: a login adds the session to its user',
      'user index: a change of user moves the session to the new user',
      'user index: the list reflects commits and touches',
      'user index: deleteByUser removes every session and names the live ones',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
      'user index: users are kept apart, whatever their ids contain',
      'user index: a limit holds among parallel logins, commits and touches',
    ],
  ],
  'that always reports success': [
    (good) => ({
      commit: (...given) => good.commit(...given) || true,
      touch: (...given) => good.touch(...given) || true,
      delete: (...given) => good.delete(...given) || true,
    }),
    [
      'commit with a wrong version returns false and changes nothing',
      'exactly one of 50 parallel commits with the same expected version succeeds',
      'commit with the right version but a wrong commit id returns false and changes nothing',
      'commit sent twice returns true, then false with its id among the commit ids',
      'delete returns true for a record and false the second time',
      'delete of an unknown key returns false',
      'neither commit nor touch brings a deleted record back',
      'a delete among parallel commits and touches is final',
      'exactly one of 20 parallel deletes returns true',
      'delete of its owner removes the record',
      'delete of another owner leaves the record alone',
      'delete of an owner leaves an anonymous record alone',
      'delete of nobody (null) removes an anonymous record',
      "delete of nobody (null) leaves a user's record alone",
      'delete goes by the owner, not by the user id',
      'delete of an empty owner leaves the record alone',
      'delete of an empty owner leaves an anonymous record alone',
      'delete with an owner removes an expired record and answers false for an absent one',
      'delete with an owner goes by what the last commit wrote',
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
      'a delete of an owner while a commit binds the record to another: exactly one of the two happens',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
      'commit on an absent key returns false and creates nothing',
      'touch on an absent key returns false and creates nothing',
      'commit on a record past its idleExpiresAt returns false and revives nothing',
      'commit on a record past its endsAt returns false, even if the change would extend it',
      'touch on a record past its idleExpiresAt returns false and revives nothing',
      'touch on a record past its endsAt returns false and revives nothing',
      'delete removes an expired record for good',
      'user index: deleteByHandle removes one session of the user for good',
      'user index: a session that changes user during deleteByHandle is deleted or belongs to the new user',
      'user index: no commit revives a session after deleteByUser',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
      'user index: create with a limit within a limit of 1 ends all others',
      'user index: commit with a limit within a limit of 1 ends all others',
      'sweep spares a record that a touch or commit extends meanwhile',
    ],
  ],
})

test('the correct store behind all of them passes every case', async () => {
  assert.deepEqual(await failedBy(() => ({})), [])
})
