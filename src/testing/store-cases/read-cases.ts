import assert from 'node:assert/strict'
import type { SessionStore, UncachedRead } from '../../store.ts'
import { randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What `read` and `readUncached` promise. */
export const readCases: readonly StoreCase[] = [
  {
    name: 'read of a key that never was is undefined',
    async run({ store, now }) {
      assert.equal(await store.read(randomHex(32), now), undefined)
    },
  },
  {
    name: 'read finds each record under its own key',
    async run({ store, now, stored }) {
      const records = [await stored({ data: '1' }), await stored({ data: '2' }), await stored({ data: '3' })]
      for (const record of records) assert.deepEqual(await store.read(record.key, now), record)
    },
  },
  {
    name: 'read ends at the very millisecond of idleExpiresAt',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      assert.deepEqual(await store.read(record.key, now + 29_999), record)
      assert.equal(await store.read(record.key, now + 30_000), undefined)
    },
  },
  {
    name: 'read ends at the very millisecond of endsAt, even if idleExpiresAt were later',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 60_000, endsAt: now + 30_000 })
      assert.deepEqual(await store.read(record.key, now + 29_999), record)
      assert.equal(await store.read(record.key, now + 30_000), undefined)
    },
  },
  {
    name: 'read goes by the instant it is given, not by a clock of the store',
    async run({ store, now, stored }) {
      const record = await stored({ idleExpiresAt: now + 30_000 })
      assert.equal(await store.read(record.key, now + 30_000), undefined)
      assert.deepEqual(await store.read(record.key, now), record)
    },
  },
  {
    name: 'readUncached answers as read does, with the newest state',
    requires: 'readUncached',
    async run({ store, now, stored, change }) {
      const reader = store as SessionStore & UncachedRead
      const record = await stored()
      await store.read(record.key, now)
      const commitId = record.commitIds[0] ?? ''
      await store.commit(record.key, { version: 1, commitId }, change(record, { data: '"new"' }), now)
      assert.equal((await reader.readUncached(record.key, now))?.data, '"new"')
      assert.equal(await reader.readUncached(record.key, record.endsAt), undefined)
      assert.equal(await reader.readUncached(randomHex(32), now), undefined)
    },
  },
]
