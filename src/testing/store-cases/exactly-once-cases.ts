// When the response to a commit is lost, the manager cannot know whether it was applied, and sending it
// again blindly could charge a customer twice. Each commit therefore carries a random id that stays on
// the record for 16 commits, and the manager reads the row to find out. These cases show whether a
// store keeps those ids.
//
// To pass: store the list of commit ids as given, and compare its first one in the condition of the
// commit, together with the version.

import assert from 'node:assert/strict'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What lets a manager find out whether a commit was applied when its response was lost. */
export const exactlyOnceCases: readonly StoreCase[] = [
  {
    // Catches a store that compares only the version. A database that failed over may assign the same
    // version twice.
    name: 'commit with the right version but a wrong commit id returns false and changes nothing',
    async run({ store, now, stored, change }) {
      // An unknown id, one that is on the record but not the newest, and none.
      const older = '0'.repeat(16)
      const record = await stored({ version: 2, commitIds: [randomHex(8), older] })
      for (const commitId of [randomHex(8), older, '']) {
        const attempt = change(record, { data: '"x"' })
        assertAnswer('commit', await store.commit(record.key, { version: 2, commitId }, attempt, now), false)
      }
      assertAnswer('read', await store.read(record.key, now), record)
    },
  },
  {
    // Catches a store that applies the second one, or forgets the id of the first.
    name: 'commit sent twice returns true, then false with its id among the commit ids',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const sent = change(record, { data: '"once"' })
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), sent, now), true)
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), sent, now), false)
      assertHolds('read', await store.read(record.key, now), { commitIds: sent.commitIds })
    },
  },
  {
    // Catches ids that are reordered, dropped too early, or kept forever.
    name: 'successive commits keep the 16 newest commit ids in order',
    async run({ store, now, stored, change }) {
      const record = await stored()
      for (let count = 2; count <= 20; count += 1) {
        const before = await store.read(record.key, now)
        assert.ok(before, 'read answered undefined, not a record')
        const next = change(before, { data: `${count}` })
        assertAnswer('commit', await store.commit(record.key, expectationOf(before), next, now), true)
        assertAnswer('read', await store.read(record.key, now), { ...record, ...next })
      }
    },
  },
  {
    // The same for the first write: `false` alone could also mean that the key belongs to another
    // session.
    name: 'create sent twice returns true, then false with its commit id on the record',
    async run({ store, now, record }) {
      const sent = record()
      assertAnswer('create', await store.create(sent, now), true)
      assertAnswer('create', await store.create(sent, now), false)
      assertHolds('read', await store.read(sent.key, now), { commitIds: sent.commitIds })
    },
  },
]
