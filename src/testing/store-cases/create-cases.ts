// `create` is one of two ways for data to enter a store. What it loses is lost for the session's whole
// life, because a commit never repeats `key`, `handle`, `format` and `createdAt`.
//
// To pass: one column or field per property, nullable where the property is optional, and 64-bit
// integers or doubles for instants and durations. Milliseconds since 1970 need 41 bits.

import { recordFormat } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'
import { assertAnswer, assertHoldsOrRefuses } from '../assert-answer.ts'
import type { StoreCase } from '../store-case.ts'

/** What `create` promises about the record it stores. */
export const createCases: readonly StoreCase[] = [
  {
    // Catches a forgotten column, `0` mistaken for absent, numbers truncated to 32 bits, and commit ids
    // that come back sorted.
    name: 'create stores every property of a record',
    async run({ store, now, record }) {
      const full = record({
        previousVerifierHash: 'ab'.repeat(32),
        graceUntil: now + 5_000,
        authenticatedAt: 0,
        rotatedAt: 0,
        lifetimes: 'own',
        userId: 'u_1',
        details: 'Firefox on Linux',
        version: 100_000,
        commitIds: ['2222222222222222', '3333333333333333', '1111111111111111'],
        createdAt: now - 5_000,
        idleTimeout: 31_536_000_000,
      })
      assertAnswer('create', await store.create(full, now), true)
      assertAnswer('read', await store.read(full.key, now), full)
    },
  },
  {
    // Catches `null` or the text `undefined` instead of an absent property: the manager would take it
    // for a user id.
    name: 'create leaves out absent optional properties, including those passed as undefined',
    async run({ store, now, record }) {
      const plain = record()
      const nobody = { userId: undefined, owner: undefined, details: undefined }
      const explicit = {
        ...plain,
        ...nobody,
        graceUntil: undefined,
        rotatedAt: undefined,
        lifetimes: undefined,
      }
      assertAnswer('create', await store.create(explicit, now), true)
      assertAnswer('read', await store.read(plain.key, now), plain)
    },
  },
  {
    // Catches a store that rewrites what it does not understand. During a rolling deployment two
    // versions of the library share the store.
    name: 'a record of another format keeps that format or is refused with an error',
    async run({ store, now, record }) {
      for (const format of [recordFormat - 1, recordFormat + 1]) {
        const other = record({ format })
        const createAndRead = async (): Promise<SessionRecord | undefined> => {
          await store.create(other, now)
          return store.read(other.key, now)
        }
        await assertHoldsOrRefuses('read', createAndRead, { format })
      }
    },
  },
]
