// What an absent record looks like. It is the most common answer of all: every expired cookie leads
// here.

import { assertAnswer } from '../assert-answer.ts'
import { randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What `read` finds. */
export const readCases: readonly StoreCase[] = [
  {
    // Finds an error, or an empty record, for the absent.
    name: 'read of a key that never was is undefined',
    async run({ store, now }) {
      assertAnswer('read', await store.read(randomHex(32), now), undefined)
    },
  },
  {
    // Finds keys that are cut or folded until they meet.
    name: 'read finds each record under its own key',
    async run({ store, now, stored }) {
      const records = [await stored({ data: '1' }), await stored({ data: '2' }), await stored({ data: '3' })]
      for (const record of records) assertAnswer('read', await store.read(record.key, now), record)
    },
  },
]
