import { assertAnswer } from '../assert-answer.ts'
import type { StoreCase } from '../store-case.ts'

/** A new record is stored whole. */
export const createCases: readonly StoreCase[] = [
  {
    name: 'create stores a record with all properties',
    async run({ store, now, record }) {
      const full = record({
        previousVerifierHash: 'ab'.repeat(32),
        graceUntil: now + 5_000,
        authenticatedAt: now - 1_000,
        userId: 'u_1',
        details: 'Firefox on Linux',
        version: 7,
        commitIds: ['1111111111111111', '2222222222222222'],
      })
      assertAnswer('create', await store.create(full, now), true)
      assertAnswer('read', await store.read(full.key, now), full)
    },
  },
  {
    name: 'create leaves out absent optional properties, those given as undefined included',
    async run({ store, now, record }) {
      const plain = record()
      const explicit = { ...plain, userId: undefined, details: undefined, graceUntil: undefined }
      assertAnswer('create', await store.create(explicit, now), true)
      assertAnswer('read', await store.read(plain.key, now), plain)
    },
  },
]
