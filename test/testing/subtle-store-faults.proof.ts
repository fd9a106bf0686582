import { hasExpired, changeRecord, touchRecord } from '../../src/contract/record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { expectationOf } from '../../src/testing.ts'
import { casesOfWrongClock, dawn, look, overwrite, testFaults } from './store-faults.ts'

testFaults({
  'whose commit compares versions but not commit ids': [
    (good) => ({
      commit(key, { version }, change, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        if (record?.version !== version) return false
        return good.commit(key, expectationOf(record), change, now)
      },
    }),
    ['commit with the right version but a wrong commit id returns false and changes nothing'],
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
      'exactly one of 50 parallel commits with the same expected version succeeds',
      'a delete among parallel commits and touches is final',
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
      'a delete of an owner while a commit binds the record to another: exactly one of the two happens',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
      'overlapping touches and commits do not undo each other',
      'user index: a session that changes user during deleteByHandle is deleted or belongs to the new user',
      'user index: deleteByUser among parallel commits and touches is final',
      'user index: deleteByUser ends the sessions that parallel commits move within the list',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
      'user index: a limit holds among parallel logins, commits and touches',
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
      'commit removes every optional property that the change omits',
      'delete with an owner goes by what the last commit wrote',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
      'user index: a commit without a user removes the session',
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
      'overlapping touches and commits do not undo each other',
      'commit keeps the later lastSeenAt when the given one is older',
      'commit does not undo a touch that came in between',
    ],
  ],
  'whose touch moves instants back': [
    (good) => ({
      touch(key, lastSeenAt, idleExpiresAt, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        if (!record) return false
        overwrite(good, { ...record, lastSeenAt, idleExpiresAt: Math.min(idleExpiresAt, record.endsAt) })
        return true
      },
    }),
    ['touch never moves either instant back', 'parallel touches leave the latest instants'],
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
      'touch never moves either instant back',
      'touch never moves idleExpiresAt past endsAt',
      'parallel touches leave the latest instants',
    ],
  ],
  'whose touch reports changed rows': [
    (good) => ({
      touch(key, lastSeenAt, idleExpiresAt, now) {
        const before = good.read(key, now)
        return good.touch(key, lastSeenAt, idleExpiresAt, now) && good.read(key, now) !== before
      },
    }),
    ['touch never moves either instant back', 'touch that moves nothing still returns true'],
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
      'a touch never makes a commit fail',
      'touch moves both instants forward and leaves everything else unchanged',
      'touch keeps what a commit has written',
      'touch never moves either instant back',
      'touch that moves nothing still returns true',
      'touch never moves idleExpiresAt past endsAt',
      'overlapping touches and commits do not undo each other',
      'parallel touches leave the latest instants',
      'commit does not undo a touch that came in between',
      'keys and handles are treated as plain text, whatever they contain',
      'user index: the list reflects commits and touches',
    ],
  ],
  'that returns a record at its very end': [
    (good) => ({ read: (key, now) => good.read(key, now - 1) }),
    casesOfWrongClock.filter(
      (name) => name !== 'create over an expired record returns false and revives nothing',
    ),
  ],
  'that uses its own clock': [
    (good) => ({ read: (key) => good.read(key, Date.now()) }),
    [...casesOfWrongClock],
  ],
  'whose create replaces an expired record': [
    (good) => ({
      create(record, now) {
        const there = look(good, record.key)
        if (there && hasExpired(there, now)) void good.delete(record.key)
        return good.create(record, now)
      },
    }),
    ['create over an expired record returns false and revives nothing'],
  ],
  'that hides deleted records without deleting them': [
    (good) => {
      const deleted = new Set<string>()
      return {
        delete(key, owner) {
          const record = look(good, key)
          const isOwners = owner === undefined || (record?.owner ?? null) === owner
          if (!record || !isOwners || deleted.has(key)) return false
          deleted.add(key)
          return true
        },
        read: (key, now) => (deleted.has(key) ? undefined : good.read(key, now)),
      }
    },
    [
      'neither commit nor touch brings a deleted record back',
      'delete with an owner removes an expired record and answers false for an absent one',
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
      'a delete of an owner while a commit binds the record to another: exactly one of the two happens',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
      'user index: delete removes the session from the list',
    ],
  ],
  'whose delete does not report what it did': [
    (good) => ({ delete: (...given) => good.delete(...given) && false }),
    [
      'delete returns true for a record and false the second time',
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
      'delete removes an expired record for good',
      'keys and handles are treated as plain text, whatever they contain',
      'keys named like object members are ordinary keys',
      'a key that is shorter, longer, upper-case or different at its end is another key',
    ],
  ],
  'that trims what it stores': [
    (good) => ({
      create: (record, now) => good.create({ ...record, data: record.data.trim() }, now),
      commit: (key, expected, change, now) =>
        good.commit(key, expected, { ...change, data: change.data.trim() }, now),
    }),
    ['data comes back unchanged: leading and trailing white space'],
  ],
  'that forgets a property it does not know': [
    (good) => ({
      create(record, now) {
        const { details: _details, ...rest } = record
        return good.create(rest, now)
      },
    }),
    [
      'touch moves both instants forward and leaves everything else unchanged',
      'create stores every property of a record',
      'details come back unchanged',
      'user index: listByUser returns the live records of a user, those that end first before the others',
      'user index: listByUser shows every property but the secret ones',
    ],
  ],
  'that lists expired sessions': [
    (good) => ({
      listByUser: (owner, page) => good.listByUser(owner, page, dawn),
      countByUser: (owner) => good.countByUser(owner, dawn),
    }),
    [
      'user index: expired sessions are neither listed nor counted',
      'user index: expired sessions take no place on a page',
      'user index: deleteByUser removes every session and names the live ones',
      'user index: create with a limit counts only live sessions',
      'user index: commit with a limit counts only live sessions',
    ],
  ],
  'whose sweep removes live records': [
    (good) => ({ sweep: (before, limit) => good.sweep(before + 1, limit) }),
    ['sweep removes records that expired at or before the given instant, and no others'],
  ],
  'whose sweep does nothing': [
    () => ({ sweep: () => false }),
    [
      'sweep removes records that expired at or before the given instant, and no others',
      'sweep removes at most its limit in one step, and every expired record in the end',
      'sweep removes what has expired since the previous sweep',
      'sweep ends even while records are used, created and deleted between its steps',
      'sweep removes expired records from the user index too',
    ],
  ],
  'whose enumeration omits the last page': [
    (good) => ({
      enumerate(cursor, limit, now) {
        const page = good.enumerate(cursor, limit, now) as { records: SessionRecord[]; cursor?: string }
        return page.cursor === undefined && cursor !== undefined ? { records: [] } : page
      },
    }),
    [
      'enumerate returns every live record, page by page, as read does',
      'enumerate misses no record that exists throughout, whatever happens to others',
    ],
  ],
  'that reports evictions twice': [
    (good) => ({
      onEviction: (listener) =>
        good.onEviction((handle) => {
          listener(handle)
          listener(handle)
        }),
    }),
    [
      'each eviction is reported once, by handle',
      'a throwing eviction listener affects neither the verb nor other listeners',
    ],
  ],
})
