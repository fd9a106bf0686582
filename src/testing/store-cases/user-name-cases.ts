// User ids come back character by character, and their owners are kept apart. Where a database alters an id, the
// application greets the wrong user; where it considers two owners equal, one user lists, and ends, the
// sessions of another.
//
// To pass: a binary collation (`collate "C"`, `utf8mb4_0900_bin`), no CHAR columns that are trimmed, and an
// index by the owner, which is of one length and alphabet.

import type { UserIndex } from '../../contract/capabilities.ts'
import type { SessionRecord, SessionStore } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf, sampleOwner } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { endAll, listAll, listedOf } from './listed.ts'

/** All of these are different users, though some collations, patterns and trimming make them equal. */
const userIds = [
  'ann',
  'Ann',
  'ann ',
  ' ann',
  'ann\n',
  "ann' or '1'='1",
  '"ann"',
  'ann%',
  'ann_',
  'an*',
  'ann:1',
  'ann/../ann',
  '\u00e5nn',
  'a\u030ann',
  '🎟️',
  '1',
  '01',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'x'.repeat(255),
  'x'.repeat(256),
  'ß'.repeat(256),
]

/** What the user index promises about user ids. */
export const userNameCases: readonly StoreCase[] = [
  {
    // Catches collations that ignore case or accents, trimming, patterns, numbers instead of text, and
    // truncated ids.
    name: 'user index: users are kept apart, whatever their ids contain',
    requires: ['listByUser'],
    async run({ store, now, stored, change }) {
      const users = store as SessionStore & UserIndex
      for (const userId of userIds) await endAll(users, sampleOwner(userId), now)
      const records = new Map<string, readonly SessionRecord[]>()
      for (const userId of userIds) {
        const created = await stored({ userId, endsAt: now + 1_800_000 })
        const visitor = await stored()
        const login = change(visitor, { userId })
        await store.commit(visitor.key, expectationOf(visitor), login, now)
        records.set(userId, [created, { ...visitor, ...login }])
      }
      for (const [userId, expected] of records) {
        const listed = await listAll(users, sampleOwner(userId), now)
        assertAnswer('listByUser', listed, expected.map(listedOf))
        for (const record of expected) assertAnswer('read', await store.read(record.key, now), record)
      }
      for (const [index, userId] of userIds.entries()) {
        assertAnswer('deleteByUser', (await endAll(users, sampleOwner(userId), now)).length, 2)
        for (const other of userIds.slice(index + 1))
          assertAnswer('countByUser', await users.countByUser(sampleOwner(other), now), 2)
      }
    },
  },
]
