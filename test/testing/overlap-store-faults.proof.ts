import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ListedRecord, RecordPage } from '../../src/contract/capabilities.ts'
import { changeRecord, hasExpired, isExpected, touchRecord } from '../../src/contract/record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { dawn, ended, listAll, look, overwrite, testFaults } from './store-faults.ts'
import type { Fault } from './store-faults.ts'

/** Lists, waits, and then deletes. */
const deletingLater =
  (mayGo: (listed: ListedRecord, found: SessionRecord | undefined) => boolean): Fault =>
  (good) => ({
    async deleteByUser(owner, { except }, now) {
      const listed = listAll(good, owner).filter(({ key }) => key !== except)
      await nextTurn()
      for (const record of listed) if (mayGo(record, look(good, record.key))) void good.delete(record.key)
      return ended(listed, now)
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
        const { verifierHash, userId, owner } = look(good, key) ?? change
        if (!good.commit(key, expected, { ...change, verifierHash, userId, owner }, now)) return false
        await nextTurn()
        const { verifierHash: newHash, userId: newUser, owner: newOwner } = change
        const record = look(good, key)
        if (record) overwrite(good, { ...record, verifierHash: newHash, userId: newUser, owner: newOwner })
        return true
      },
    }),
    [
      'a read during a commit sees the record before or after it, never a mix',
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
      'a delete of an owner while a commit binds the record to another: exactly one of the two happens',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
      'user index: a session that changes user during deleteByHandle is deleted or belongs to the new user',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
    ],
  ],
  'whose delete checks the owner first and deletes later': [
    (good) => ({
      async delete(key, owner) {
        const record = look(good, key)
        if (owner !== undefined && (record?.owner ?? null) !== owner) return false
        await nextTurn()
        return good.delete(key)
      },
    }),
    [
      'a delete of nobody while a commit binds the record to a user: exactly one of the two happens',
      'a delete of an owner while a commit binds the record to another: exactly one of the two happens',
      'a delete of an owner while a commit unbinds the record: exactly one of the two happens',
    ],
  ],
  'whose deleteByHandle checks the owner first and deletes later': [
    (good) => ({
      async deleteByHandle(owner, handle, now) {
        const found = listAll(good, owner).filter((record) => record.handle === handle)
        await nextTurn()
        for (const { key } of found) void good.delete(key)
        return ended(found, now).handles.length > 0
      },
    }),
    ['user index: a session that changes user during deleteByHandle is deleted or belongs to the new user'],
  ],
  'whose deleteByUser deletes by pages while commits move sessions within the list': [
    (good) => ({
      async deleteByUser(owner, { except, cursor = '0' }, now) {
        const page = listAll(good, owner).filter(({ endsAt }) => endsAt > Number(cursor))
        const step = page.slice(0, 7)
        const last = step.at(-1)
        // The whole of an instant goes in one step, or its rest would be left out.
        const going = page.filter(({ key, endsAt }) => key !== except && endsAt <= (last?.endsAt ?? 0))
        for (const { key } of going) void good.delete(key)
        await nextTurn()
        const { handles } = ended(going, now)
        return last === undefined ? { handles } : { handles, cursor: String(last.endsAt) }
      },
    }),
    ['user index: deleteByUser ends the sessions that parallel commits move within the list'],
  ],
  'whose createWithin counts first and writes later': [
    (good) => ({
      async createWithin(record, limit, now) {
        const others = listAll(good, record.owner ?? '').filter((other) => !hasExpired(other, now))
        await nextTurn()
        if (!(await good.create(record, now))) return { isWritten: false, evicted: [] }
        const surplus = others
          .toSorted((one, other) => one.lastSeenAt - other.lastSeenAt)
          .slice(0, Math.min(100, Math.max(0, others.length + 1 - limit)))
        const gone = surplus.filter(({ key }) => good.delete(key) === true)
        return { isWritten: true, evicted: gone.map(({ handle }) => handle) }
      },
    }),
    [
      'user index: 50 parallel logins by create with a limit under a limit of 3 leave exactly 3',
      'user index: a limit holds among parallel logins, commits and touches',
    ],
  ],
  'whose commitWithin evicts in a second step': [
    (good) => ({
      async commitWithin(key, expected, change, limit, now) {
        if (!(await good.commit(key, expected, change, now))) return { isWritten: false, evicted: [] }
        const live = listAll(good, change.owner ?? '').filter((other) => !hasExpired(other, now))
        await nextTurn()
        const surplus = live
          .filter((other) => other.key !== key)
          .toSorted((one, other) => one.lastSeenAt - other.lastSeenAt)
          .slice(0, Math.min(100, Math.max(0, live.length - limit)))
        for (const other of surplus) void good.delete(other.key)
        return { isWritten: true, evicted: surplus.map(({ handle }) => handle) }
      },
    }),
    [
      'user index: 50 parallel logins by commit with a limit under a limit of 3 leave exactly 3',
      'user index: a limit holds among parallel logins, commits and touches',
    ],
  ],
  'whose deleteByUser spares sessions committed meanwhile': [
    deletingLater((listed, found) => listed.version === found?.version),
    [
      'user index: deleteByUser among parallel commits and touches is final',
      'user index: deleteByUser ends the sessions that parallel commits move within the list',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
    ],
  ],
  'whose deleteByUser deletes a session that now belongs to another user': [
    deletingLater(() => true),
    ['user index: a session that changes user during deleteByUser is deleted or belongs to the new user'],
  ],
  'whose deleteByUser uses the user at creation': [
    (good) => {
      const owners = new Map<string, string | undefined>()
      return {
        create(record, now) {
          owners.set(record.key, record.owner)
          return good.create(record, now)
        },
        deleteByUser(owner, { except }, now) {
          const own = listAll(good, owner).filter(({ key }) => key !== except && owners.get(key) === owner)
          for (const { key } of own) void good.delete(key)
          return ended(own, now)
        },
      }
    },
    [
      'user index: deleteByUser removes every session and names the live ones',
      'user index: users are kept apart, whatever their ids contain',
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
