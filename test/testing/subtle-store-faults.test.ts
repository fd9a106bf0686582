import { hasExpired, changeRecord, touchRecord } from '../../src/record.ts'
import type { SessionRecord } from '../../src/store.ts'
import { expectationOf } from '../../src/testing/index.ts'
import { casesOfWrongClock, dawn, look, overwrite, testFaults } from './store-faults.ts'

testFaults({
  'whose commit counts versions and ignores commit ids': [
    (good) => ({
      commit(key, { version }, change, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        if (record?.version !== version) return false
        return good.commit(key, expectationOf(record), change, now)
      },
    }),
    ['commit on the same version with another newest commit id is false and changes nothing'],
  ],
  'whose commit reads first and writes later': [
    (good) => ({
      async commit(key, expected, change, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        if (record?.version !== expected.version || record.commitIds[0] !== expected.commitId) return false
        await Promise.resolve()
        overwrite(good, changeRecord(record, change))
        return true
      },
    }),
    [
      'of 50 parallel commits with the same expectation exactly one happens',
      'a delete among parallel commits and touches is final',
      'of touches and commits that overlap none undoes the other',
      'user index: a session that changes its user beside deleteOwned is gone, or it is with the other user',
      'user index: a deleteByUser among commits and touches is final',
    ],
  ],
  'whose commit keeps what the change leaves out': [
    (good) => ({
      commit(key, expected, change, now) {
        const record = look(good, key)
        return good.commit(key, expected, { ...record, ...change }, now)
      },
    }),
    [
      'commit removes every optional property that the change does not name',
      'user index: a commit without user takes it away',
    ],
  ],
  'whose commit undoes a touch': [
    (good) => ({
      commit(key, expected, change, now) {
        const isDone = good.commit(key, expected, change, now)
        const record = look(good, key)
        if (isDone && record) {
          const { lastSeenAt } = change
          const idleExpiresAt = Math.min(lastSeenAt + change.idleTimeout, change.endsAt)
          overwrite(good, { ...record, lastSeenAt, idleExpiresAt })
        }
        return isDone
      },
    }),
    [
      'of touches and commits that overlap none undoes the other',
      'commit keeps the later lastSeenAt when the given one is older',
      'commit undoes no touch that came between',
    ],
  ],
  'whose touch moves back': [
    (good) => ({
      touch(key, lastSeenAt, idleExpiresAt, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        if (!record) return false
        overwrite(good, { ...record, lastSeenAt, idleExpiresAt: Math.min(idleExpiresAt, record.endsAt) })
        return true
      },
    }),
    ['touch never moves back, each instant by itself', 'parallel touches leave the latest instants'],
  ],
  'whose touch goes past the end': [
    (good) => ({
      touch(key, lastSeenAt, idleExpiresAt, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        if (!record) return false
        overwrite(good, { ...touchRecord(record, lastSeenAt, idleExpiresAt), idleExpiresAt })
        return true
      },
    }),
    [
      'touch never moves back, each instant by itself',
      'touch never moves the idle end past the end',
      'parallel touches leave the latest instants',
    ],
  ],
  'whose touch counts rows that it changed': [
    (good) => ({
      touch(key, lastSeenAt, idleExpiresAt, now) {
        const before = good.read(key, now)
        return good.touch(key, lastSeenAt, idleExpiresAt, now) && good.read(key, now) !== before
      },
    }),
    [
      'touch never moves back, each instant by itself',
      'touch that moves nothing still says that the record is there',
    ],
  ],
  'whose touch is a commit': [
    (good) => ({
      touch(key, lastSeenAt, idleExpiresAt, now) {
        const wasThere = good.touch(key, lastSeenAt, idleExpiresAt, now)
        const record = look(good, key)
        if (wasThere && record) overwrite(good, { ...record, version: record.version + 1 })
        return wasThere
      },
    }),
    [
      'touch stands in the way of no commit',
      'touch moves both instants forward and leaves everything else',
      'touch keeps what a commit has written',
      'touch never moves back, each instant by itself',
      'touch that moves nothing still says that the record is there',
      'touch never moves the idle end past the end',
      'of touches and commits that overlap none undoes the other',
      'parallel touches leave the latest instants',
      'commit undoes no touch that came between',
      'keys and handles are bound as text, whatever they hold',
      'user index: the list shows what commits and touches left',
    ],
  ],
  'that reads at the very end': [
    (good) => ({ read: (key, now) => good.read(key, now - 1) }),
    casesOfWrongClock.filter(
      (name) => name !== 'create over an expired record is false and brings nothing to life',
    ),
  ],
  'that asks its own clock': [
    (good) => ({ read: (key) => good.read(key, Date.now()) }),
    [...casesOfWrongClock],
  ],
  'whose create takes the place of the expired': [
    (good) => ({
      create(record, now) {
        const there = look(good, record.key)
        if (there && hasExpired(there, now)) void good.delete(record.key)
        return good.create(record, now)
      },
    }),
    ['create over an expired record is false and brings nothing to life'],
  ],
  'that hides what it was to delete': [
    (good) => {
      const deleted = new Set<string>()
      return {
        delete(key) {
          const wasThere = look(good, key) !== undefined && !deleted.has(key)
          deleted.add(key)
          return wasThere
        },
        read: (key, now) => (deleted.has(key) ? undefined : good.read(key, now)),
      }
    },
    [
      'after delete, neither commit nor touch brings the record back',
      'keys named like members of an object are keys',
      'user index: delete takes the session from the list',
    ],
  ],
  'whose delete forgets to say what it did': [
    (good) => ({ delete: (key) => good.delete(key) && false }),
    [
      'delete is true for a record, false the second time',
      'of 20 parallel deletes exactly one was the one',
      'delete removes an expired record for good',
      'keys and handles are bound as text, whatever they hold',
      'keys named like members of an object are keys',
      'a key that is shorter, longer, in capitals or different at its end is another key',
    ],
  ],
  'that trims what it stores': [
    (good) => ({
      create: (record, now) => good.create({ ...record, data: record.data.trim() }, now),
      commit: (key, expected, change, now) =>
        good.commit(key, expected, { ...change, data: change.data.trim() }, now),
    }),
    ['data comes back as it was: white space at both ends'],
  ],
  'that forgets a property it does not know': [
    (good) => ({
      create(record, now) {
        const { details: _details, ...rest } = record
        return good.create(rest, now)
      },
    }),
    [
      'touch moves both instants forward and leaves everything else',
      'create stores a record with all properties',
      'details come back as they were',
      'user index: listByUser has the live records of a user, oldest first',
    ],
  ],
  'that takes users for the same in any case': [
    (good) => {
      const list = (userId: string, now: number): readonly SessionRecord[] => {
        const { records } = good.enumerate(undefined, 1000, now) as { records: readonly SessionRecord[] }
        return records.filter((record) => record.userId?.toLowerCase() === userId.toLowerCase())
      }
      return { listByUser: list, countByUser: (userId, now) => list(userId, now).length }
    },
    [
      'user index: listByUser has the live records of a user, oldest first',
      'user index: ids are told apart exactly, whatever they hold',
    ],
  ],
  'that lists the dead': [
    (good) => ({
      listByUser: (userId) => good.listByUser(userId, dawn),
      countByUser: (userId) => good.countByUser(userId, dawn),
    }),
    [
      'user index: the expired are neither listed nor counted',
      'user index: deleteByUser removes all and counts the live',
    ],
  ],
  'whose sweep takes the living': [
    (good) => ({ sweep: (before, limit) => good.sweep(before + 1, limit) }),
    ['sweep removes what expired at or before the instant, and nothing else'],
  ],
  'whose sweep does nothing': [
    () => ({ sweep: () => false }),
    [
      'sweep removes what expired at or before the instant, and nothing else',
      'sweep removes at most as many as its limit in one step, and all in the end',
      'sweep finds what has expired since the last one',
      'sweep comes to an end while records are used, made and deleted between its steps',
      'sweep takes the removed from the user index too',
    ],
  ],
  'whose walk leaves out the last page': [
    (good) => ({
      enumerate(cursor, limit, now) {
        const page = good.enumerate(cursor, limit, now) as { records: SessionRecord[]; cursor?: string }
        return page.cursor === undefined && cursor !== undefined ? { records: [] } : page
      },
    }),
    [
      'enumerate shows every live record, page by page, as read does',
      'enumerate misses none that lives through the walk, whatever happens to others',
    ],
  ],
  'that tells of an eviction twice': [
    (good) => ({
      onEviction: (listener) =>
        good.onEviction((handle) => {
          listener(handle)
          listener(handle)
        }),
    }),
    [
      'eviction is told by handle, once for each record given up',
      'an eviction listener that throws fails no verb and keeps no other from hearing',
    ],
  ],
})
