// The first of two ways a record comes into a store. What is lost here is lost for the session's
// life, because a commit never repeats `key`, `handle`, `format` and `createdAt`.
//
// To pass: one column or field for each property, nullable where it is optional, and 64-bit
// integers or doubles for instants and durations. Milliseconds since 1970 need 41 bits.

import type { SessionRecord } from '../../store.ts'
import { assertAnswer, assertHoldsOrRefuses } from '../assert-answer.ts'
import type { StoreCase } from '../store-case.ts'

/** A new record is stored whole. */
export const createCases: readonly StoreCase[] = [
  {
    // Finds a forgotten column, `0` taken for none, numbers cut to 32 bits, and commit ids that come
    // back sorted.
    name: 'create stores a record with all properties',
    async run({ store, now, record }) {
      const full = record({
        previousVerifierHash: 'ab'.repeat(32),
        graceUntil: now + 5_000,
        authenticatedAt: 0,
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
    // Finds `null` or the text `undefined` in place of an absent property: the manager would take it
    // for a user.
    name: 'create leaves out absent optional properties, those given as undefined included',
    async run({ store, now, record }) {
      const plain = record()
      const explicit = { ...plain, userId: undefined, details: undefined, graceUntil: undefined }
      assertAnswer('create', await store.create(explicit, now), true)
      assertAnswer('read', await store.read(plain.key, now), plain)
    },
  },
  {
    // During a rolling deploy two versions share the store. Finds one that rewrites what it does not
    // understand.
    name: 'a record of a later format comes back as such, or is refused with an error',
    async run({ store, now, record }) {
      const later = record({ format: 2 })
      const createAndRead = async (): Promise<SessionRecord | undefined> => {
        await store.create(later, now)
        return store.read(later.key, now)
      }
      await assertHoldsOrRefuses('read', createAndRead, { format: 2 })
    },
  },
]
