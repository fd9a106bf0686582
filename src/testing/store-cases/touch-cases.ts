import assert from 'node:assert/strict'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What `touch` promises. */
export const touchCases: readonly StoreCase[] = [
  {
    name: 'touch moves both instants forward and leaves everything else',
    async run({ store, now, stored }) {
      const record = await stored({ userId: 'u_1', details: 'Firefox', version: 3 })
      assert.equal(await store.touch(record.key, now + 9_000, now + 69_000, now), true)
      const expected = { ...record, lastSeenAt: now + 9_000, idleExpiresAt: now + 69_000 }
      assert.deepEqual(await store.read(record.key, now), expected)
    },
  },
  {
    name: 'touch lets the session live on beyond its former idle end',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      assert.equal(await store.touch(record.key, now + 29_999, now + 89_999, now + 29_999), true)
      assert.equal((await store.read(record.key, now + 89_998))?.key, record.key)
      assert.equal(await store.read(record.key, now + 89_999), undefined)
    },
  },
  {
    name: 'touch never moves back, each instant by itself',
    async run({ store, now, stored }) {
      const record = await stored({ lastSeenAt: now + 5_000, idleExpiresAt: now + 50_000 })
      assert.equal(await store.touch(record.key, now, now + 10_000, now), true)
      assert.deepEqual(await store.read(record.key, now), record)
      assert.equal(await store.touch(record.key, now, now + 60_000, now), true)
      assert.deepEqual(await store.read(record.key, now), { ...record, idleExpiresAt: now + 60_000 })
      assert.equal(await store.touch(record.key, now + 6_000, now, now), true)
      const expected = { ...record, lastSeenAt: now + 6_000, idleExpiresAt: now + 60_000 }
      assert.deepEqual(await store.read(record.key, now), expected)
    },
  },
  {
    name: 'touch that moves nothing still says that the record is there',
    async run({ store, now, stored }) {
      const record = await stored()
      assert.equal(await store.touch(record.key, record.lastSeenAt, record.idleExpiresAt, now), true)
      assert.deepEqual(await store.read(record.key, now), record)
    },
  },
  {
    name: 'touch never moves the idle end past the end',
    async run({ store, now, stored }) {
      const record = await stored({ endsAt: now + 70_000 })
      assert.equal(await store.touch(record.key, now + 1_000, now + 999_000, now), true)
      const expected = { ...record, lastSeenAt: now + 1_000, idleExpiresAt: now + 70_000 }
      assert.deepEqual(await store.read(record.key, now), expected)
      assert.equal(await store.read(record.key, now + 70_000), undefined)
    },
  },
  {
    name: 'touch stands in the way of no commit',
    async run({ store, now, stored, change }) {
      const record = await stored()
      await store.touch(record.key, now + 1_000, now + 61_000, now)
      assert.equal(await store.commit(record.key, expectationOf(record), change(record), now), true)
    },
  },
  {
    name: 'touch on a record whose idle end has come is false and revives nothing',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      assert.equal(await store.touch(record.key, now + 30_000, now + 90_000, now + 30_000), false)
      assert.equal(await store.read(record.key, now + 30_000), undefined)
      assert.deepEqual(await store.read(record.key, now), record)
    },
  },
  {
    name: 'touch on a record whose end has come is false and revives nothing',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 60_000, endsAt: now + 30_000 })
      assert.equal(await store.touch(record.key, now + 30_000, now + 90_000, now + 30_000), false)
      assert.equal(await store.read(record.key, now + 30_000), undefined)
    },
  },
  {
    name: 'touch on an absent key is false and creates nothing',
    async run({ store, now }) {
      const key = randomHex(32)
      assert.equal(await store.touch(key, now, now + 60_000, now), false)
      assert.equal(await store.read(key, now), undefined)
    },
  },
]
