// A page of a user's sessions. Some users have a hundred thousand, such as a health check that logs in each time, so
// a list comes in pages and without data.
//
// To pass: `where owner = ? and (ends_at, handle) > (?, ?) order by ends_at, handle limit ?`, on an index of these
// columns. A position, not an offset: an offset shifts when earlier sessions end.

import assert from 'node:assert/strict'
import type { ListedRecord } from '../../contract/capabilities.ts'
import { assertAnswer } from '../assert-answer.ts'
import { randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { listAll, listedOf, withoutUndefined } from './listed.ts'
import { userCase } from './user-case.ts'

/** What a list must never contain: what opens a session, what orders its commits, and what is in it. */
const unlisted = ['data', 'verifierHash', 'previousVerifierHash', 'graceUntil', 'commitIds']

/** What `listByUser` promises about its pages. */
export const userListCases: readonly StoreCase[] = [
  // Catches an order by creation, by use or by key, and an index with a stale copy of the record.
  userCase(
    'listByUser returns the live records of a user, those that end first before the others',
    async ({ store, now, userId, owner, stored }) => {
      // Stored, created and last used in other orders than ending.
      const second = await stored({
        userId,
        endsAt: now + 2_000_000,
        createdAt: now - 1,
        lastSeenAt: now + 1,
      })
      const third = await stored({ userId, endsAt: now + 3_000_000, createdAt: now - 3, details: 'phone' })
      const first = await stored({ userId, endsAt: now + 1_000_000, createdAt: now - 2, lastSeenAt: now + 2 })
      assertAnswer('listByUser', await listAll(store, owner, now), [first, second, third].map(listedOf))
      assertAnswer('countByUser', await store.countByUser(owner, now), 3)
    },
  ),
  // Catches a forgotten column, and a list that carries every session's data and hashes into memory.
  userCase(
    'listByUser shows every property but the secret ones',
    async ({ store, now, userId, owner, stored }) => {
      const record = await stored({
        userId,
        previousVerifierHash: randomHex(32),
        graceUntil: now + 9,
        version: 100_000,
        createdAt: now - 5_000,
        authenticatedAt: now - 4_000,
        rotatedAt: now - 3_000,
        lifetimes: 'own',
        idleTimeout: 31_536_000_000,
        details: 'Firefox on Linux',
      })
      const [listed] = await store.listByUser(owner, { limit: 10 }, now)
      assertAnswer('listByUser', listed && withoutUndefined(listed), listedOf(record))
      const shown = unlisted.filter((name) => name in Object(listed))
      assertAnswer('listByUser', shown.join(', '), '')
    },
  ),
  // Catches a page that begins with the last session of the one before, or behind all that end at the same instant.
  userCase(
    'the pages of a list have every session once, also those that end at the same instant',
    async ({ store, now, userId, owner, stored }) => {
      const ends = [5, 1, 3, 3, 3, 3, 2, 5, 4].map((hours) => now + hours * 3_600_000)
      const records = []
      for (const endsAt of ends) records.push(await stored({ userId, endsAt }))
      const order = await listAll(store, owner, now)
      const keys = records.map((record) => record.key)
      assertAnswer('listByUser', order.map((record) => record.key).toSorted(), keys.toSorted())
      assertAnswer(
        'listByUser',
        order.map((record) => record.endsAt),
        ends.toSorted((one, other) => one - other),
      )
      // Pages that end before, among and behind those four.
      for (const limit of [1, 2, 3, 4, 8, 9])
        assertAnswer('listByUser', await listAll(store, owner, now, limit), order)
    },
  ),
  // Catches an offset, and a position that must still exist: the last session of a page may just have logged out.
  userCase(
    'a list continues after a session that was ended since',
    async ({ store, now, userId, owner, stored }) => {
      const records = []
      for (const hours of [1, 2, 2, 2, 3])
        records.push(await stored({ userId, endsAt: now + hours * 3_600_000 }))
      const order = await listAll(store, owner, now)
      for (const [index, { key, endsAt, handle }] of order.entries()) {
        await store.delete(key)
        const page = await store.listByUser(owner, { limit: 10, after: { endsAt, handle } }, now)
        assertAnswer('listByUser', page.map(withoutUndefined), order.slice(index + 1))
      }
    },
  ),
  // Catches a limit that counts what is left out: an empty page would look like the last one.
  userCase('expired sessions take no place on a page', async ({ store, now, userId, owner, stored }) => {
    const live: ListedRecord[] = []
    for (let hours = 1; hours <= 4; hours += 1) {
      for (let count = 0; count < 3; count += 1)
        await stored({ userId, idleExpiresAt: now + 30_000, endsAt: now + hours * 3_600_000 })
      live.push(listedOf(await stored({ userId, endsAt: now + hours * 3_600_000 + 1 })))
    }
    assertAnswer('listByUser', await listAll(store, owner, now + 30_000, 2), live)
  }),
  // Catches a list that one bad row makes impossible to show: nobody could revoke a device any more.
  userCase(
    'a record that cannot be read is listed with format 0, and hides no other',
    async ({ store, now, userId, owner, record, stored }) => {
      const damaged = record({ userId, lifetimes: 'damaged' as 'own' })
      try {
        await store.create(damaged, now)
      } catch {
        return // It is well to refuse it at once.
      }
      const isReadable = await (async () => store.read(damaged.key, now))().then(Boolean, () => false)
      const other = await stored({ userId })
      const listed = await listAll(store, owner, now)
      const found = listed.find(({ key }) => key === damaged.key)
      assert.ok(found, 'listByUser left out a damaged record')
      assertAnswer('listByUser', found.handle, damaged.handle)
      if (!isReadable) assertAnswer('listByUser', found.format, 0)
      assertAnswer(
        'listByUser',
        listed.filter((each) => each !== found),
        [listedOf(other)],
      )
      assertAnswer('deleteByHandle', await store.deleteByHandle(owner, damaged.handle, now), true)
      assertAnswer('countByUser', await store.countByUser(owner, now), 1)
    },
  ),
]
