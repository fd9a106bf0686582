// An absent record is a normal outcome, not an error: every expired cookie leads to one.
//
// To pass: look records up by their exact key, and return `undefined` when there is no row.

import { assertAnswer } from '../assert-answer.ts'
import { randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What `read` promises. */
export const readCases: readonly StoreCase[] = [
  {
    // Catches an error, or an empty record, for an absent key.
    name: 'read of an unknown key returns undefined',
    async run({ store, now }) {
      assertAnswer('read', await store.read(randomHex(32), now), undefined)
    },
  },
  {
    // Catches keys that are truncated or case-folded until they collide.
    name: 'read returns each record under its own key',
    async run({ store, now, stored }) {
      const records = [await stored({ data: '1' }), await stored({ data: '2' }), await stored({ data: '3' })]
      for (const record of records) assertAnswer('read', await store.read(record.key, now), record)
    },
  },
]
