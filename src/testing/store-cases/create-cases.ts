import assert from 'node:assert/strict'
import type { StoreCase } from '../store-case.ts'

/** What `create` promises. */
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
      assert.equal(await store.create(full, now), true)
      assert.deepEqual(await store.read(full.key, now), full)
    },
  },
  {
    name: 'create leaves out absent optional properties, those given as undefined included',
    async run({ store, now, record }) {
      const plain = record()
      const explicit = { ...plain, userId: undefined, details: undefined, graceUntil: undefined }
      assert.equal(await store.create(explicit, now), true)
      const read = await store.read(plain.key, now)
      assert.deepEqual(read, plain)
      assert.deepEqual(Object.keys(read ?? {}).toSorted(), Object.keys(plain).toSorted())
    },
  },
  {
    name: 'create over a live record is false and changes nothing',
    async run({ store, now, record, stored }) {
      const first = await stored()
      assert.equal(await store.create(record({ key: first.key, data: '"other"' }), now), false)
      assert.deepEqual(await store.read(first.key, now), first)
    },
  },
  {
    name: 'create over an expired record is false and brings nothing to life',
    async run({ store, now, record, stored }) {
      const first = await stored({ idleExpiresAt: now + 20_000, endsAt: now + 20_000 })
      const later = now + 21_000
      assert.equal(await store.create(record({ key: first.key, data: '"other"' }), later), false)
      assert.equal(await store.read(first.key, later), undefined)
      assert.deepEqual(await store.read(first.key, now), first)
    },
  },
  {
    name: 'create sent twice is true, then false with the same commit id on the record',
    async run({ store, now, record }) {
      const sent = record()
      assert.equal(await store.create(sent, now), true)
      assert.equal(await store.create(sent, now), false)
      assert.deepEqual((await store.read(sent.key, now))?.commitIds, sent.commitIds)
    },
  },
]
