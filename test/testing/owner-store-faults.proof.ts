import { hasExpired } from '../../src/contract/record.ts'
import { look, testFaults } from './store-faults.ts'
import { sampleOwner } from '../../src/testing.ts'

testFaults({
  'whose delete ignores the owner': [
    (good) => ({ delete: (key) => good.delete(key) }),
    [
      'delete of another owner leaves the record alone',
      'delete of an owner leaves an anonymous record alone',
      "delete of nobody (null) leaves a user's record alone",
      'delete goes by the owner, not by the user id',
      'delete of an empty owner leaves the record alone',
      'delete of an empty owner leaves an anonymous record alone',
      'delete with an owner goes by what the last commit wrote',
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
      'a delete of an owner while a commit binds the record to another: exactly one of the two happens',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
    ],
  ],
  'whose delete takes null for no condition': [
    (good) => ({ delete: (key, owner) => good.delete(key, owner ?? undefined) }),
    [
      "delete of nobody (null) leaves a user's record alone",
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
    ],
  ],
  'whose delete takes an empty owner for nobody': [
    (good) => ({ delete: (key, owner) => good.delete(key, owner === '' ? null : owner) }),
    ['delete of an empty owner leaves an anonymous record alone'],
  ],
  'whose delete takes an empty owner for no condition': [
    (good) => ({ delete: (key, owner) => good.delete(key, owner === '' ? undefined : owner) }),
    [
      'delete of an empty owner leaves the record alone',
      'delete of an empty owner leaves an anonymous record alone',
    ],
  ],
  'whose delete compares null as SQL does': [
    (good) => ({ delete: (key, owner) => owner !== null && good.delete(key, owner) }),
    [
      'delete of nobody (null) removes an anonymous record',
      'delete with an owner removes an expired record and answers false for an absent one',
      'delete with an owner goes by what the last commit wrote',
    ],
  ],
  'whose delete compares the user id': [
    (good) => ({
      delete(key, owner) {
        const isUsers = typeof owner === 'string' && look(good, key)?.userId === owner
        return good.delete(key, isUsers ? sampleOwner(owner) : owner)
      },
    }),
    ['delete goes by the owner, not by the user id'],
  ],
  'whose delete goes by the owner at creation': [
    (good) => {
      const owners = new Map<string, string | undefined>()
      return {
        create(record, now) {
          if (!good.create(record, now)) return false
          owners.set(record.key, record.owner)
          return true
        },
        delete(key, owner) {
          if (owner !== undefined && (owners.get(key) ?? null) !== owner) return false
          return good.delete(key)
        },
      }
    },
    [
      'delete with an owner goes by what the last commit wrote',
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
      'a delete of an owner while a commit binds the record to another: exactly one of the two happens',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
    ],
  ],
  'whose delete with an owner takes an expired record for absent': [
    (good) => ({
      delete(key, owner) {
        const record = look(good, key)
        if (owner !== undefined && record && hasExpired(record, record.lastSeenAt)) return false
        return good.delete(key, owner)
      },
    }),
    ['delete with an owner removes an expired record and answers false for an absent one'],
  ],
  'whose deleteByHandle goes by the handle alone': [
    (good) => ({
      async deleteByHandle(_owner, handle, now) {
        const { records } = await good.enumerate(undefined, 1000, now)
        const found = records.filter((record) => record.handle === handle)
        for (const { key } of found) void good.delete(key)
        return found.length > 0
      },
    }),
    [
      'user index: deleteByHandle leaves sessions of other users and anonymous ones alone',
      'user index: deleteByHandle removes an expired session and answers whether one was live',
      'user index: a session that changes user during deleteByHandle is deleted or belongs to the new user',
    ],
  ],
  'whose deleteByHandle goes by a key': [
    (good) => ({ deleteByHandle: (owner, handle) => good.delete(handle, owner) }),
    [
      'user index: a record that cannot be read is listed with format 0, and hides no other',
      'user index: deleteByHandle removes one session of the user for good',
      'user index: deleteByHandle removes a session that a login has bound to the user',
      'user index: deleteByHandle leaves sessions of other users and anonymous ones alone',
      'user index: deleteByHandle removes every session of the user with that handle',
      'user index: deleteByHandle removes an expired session and answers whether one was live',
    ],
  ],
  'whose deleteByHandle ignores case and blanks': [
    (good) => ({
      deleteByHandle: (owner, handle, now) => good.deleteByHandle(owner, handle.trim().toLowerCase(), now),
    }),
    ['user index: deleteByHandle compares handles exactly'],
  ],
  'whose deleteByHandle stops at the first': [
    (good) => ({
      async deleteByHandle(owner, handle, now) {
        const found = (await good.listByUser(owner, { limit: 1000 }, now)).find(
          (each) => each.handle === handle,
        )
        return found !== undefined && good.delete(found.key, owner)
      },
    }),
    [
      'user index: deleteByHandle removes every session of the user with that handle',
      'user index: deleteByHandle removes an expired session and answers whether one was live',
    ],
  ],
  'whose deleteByHandle counts an expired session as ended': [
    (good) => ({ deleteByHandle: (owner, handle) => good.deleteByHandle(owner, handle, 0) }),
    ['user index: deleteByHandle removes an expired session and answers whether one was live'],
  ],
  'whose deleteByHandle says that a session was live only if the last was': [
    (good) => ({
      async deleteByHandle(owner, handle, now) {
        const live = await good.listByUser(owner, { limit: 1000 }, now)
        const all = await good.listByUser(owner, { limit: 1000 }, 0)
        const found = all.filter((each) => each.handle === handle)
        for (const { key } of found) void good.delete(key, owner)
        return live.some(({ key }) => key === found.at(-1)?.key)
      },
    }),
    ['user index: deleteByHandle removes an expired session and answers whether one was live'],
  ],
})
