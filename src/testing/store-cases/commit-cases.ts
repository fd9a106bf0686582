import assert from 'node:assert/strict'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What `commit` promises about its condition and about what it writes. */
export const commitCases: readonly StoreCase[] = [
  {
    name: 'commit writes all that it may change and nothing else',
    async run({ store, now, stored }) {
      const record = await stored()
      const change = {
        verifierHash: randomHex(32),
        previousVerifierHash: record.verifierHash,
        graceUntil: now + 10_000,
        version: 2,
        commitIds: [randomHex(8), ...record.commitIds],
        data: '{"step":2}',
        authenticatedAt: now + 2,
        lastSeenAt: now + 3,
        idleTimeout: 90_000,
        endsAt: now + 7_200_000,
        userId: 'u_1',
        details: 'Safari',
      }
      assert.equal(await store.commit(record.key, expectationOf(record), change, now), true)
      const expected = { ...record, ...change, idleExpiresAt: now + 3 + 90_000 }
      assert.deepEqual(await store.read(record.key, now), expected)
    },
  },
  {
    name: 'commit removes every optional property that the change does not name',
    async run({ store, now, stored, change }) {
      const full = { previousVerifierHash: randomHex(32), graceUntil: now + 1, authenticatedAt: now }
      const record = await stored({ ...full, userId: 'u_1', details: 'Opera' })
      const bare = change(record, {
        previousVerifierHash: undefined,
        graceUntil: undefined,
        authenticatedAt: undefined,
        userId: undefined,
        details: undefined,
      })
      assert.equal(await store.commit(record.key, expectationOf(record), bare, now), true)
      const { key, handle, format, createdAt, idleExpiresAt } = record
      const expected = { key, handle, format, createdAt, idleExpiresAt, ...bare }
      const read = await store.read(record.key, now)
      assert.deepEqual(read, expected)
      assert.deepEqual(Object.keys(read ?? {}).toSorted(), Object.keys(expected).toSorted())
    },
  },
  {
    name: 'commit on another version is false and changes nothing',
    async run({ store, now, stored, change }) {
      const record = await stored({ version: 5 })
      for (const version of [4, 6]) {
        const expected = { ...expectationOf(record), version }
        assert.equal(await store.commit(record.key, expected, change(record, { data: '"x"' }), now), false)
      }
      assert.deepEqual(await store.read(record.key, now), record)
    },
  },
  {
    name: 'commit on the same version with another newest commit id is false and changes nothing',
    async run({ store, now, stored, change }) {
      const older = randomHex(8)
      const record = await stored({ version: 2, commitIds: [randomHex(8), older] })
      for (const commitId of [randomHex(8), older, '']) {
        const attempt = change(record, { data: '"x"' })
        assert.equal(await store.commit(record.key, { version: 2, commitId }, attempt, now), false)
      }
      assert.deepEqual(await store.read(record.key, now), record)
    },
  },
  {
    name: 'commit sent twice is true, then false with its id among the commit ids',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const sent = change(record, { data: '"once"' })
      assert.equal(await store.commit(record.key, expectationOf(record), sent, now), true)
      assert.equal(await store.commit(record.key, expectationOf(record), sent, now), false)
      assert.deepEqual((await store.read(record.key, now))?.commitIds, sent.commitIds)
    },
  },
  {
    name: 'commit follows commit, with the 16 newest commit ids kept in order',
    async run({ store, now, stored, change }) {
      const record = await stored()
      for (let count = 2; count <= 20; count += 1) {
        const before = await store.read(record.key, now)
        assert.ok(before)
        const next = change(before, { data: `${count}` })
        assert.equal(await store.commit(record.key, expectationOf(before), next, now), true)
        assert.deepEqual(await store.read(record.key, now), { ...record, ...next })
      }
      const last = await store.read(record.key, now)
      assert.equal(last?.version, 20)
      assert.equal(last?.commitIds.length, 16)
    },
  },
  {
    name: 'commit on an absent key is false and creates nothing',
    async run({ store, now, record, change }) {
      const absent = record()
      assert.equal(await store.commit(absent.key, expectationOf(absent), change(absent), now), false)
      assert.equal(await store.read(absent.key, now), undefined)
    },
  },
  {
    name: 'commit touches no other record',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const twin = await stored({ commitIds: record.commitIds, verifierHash: record.verifierHash })
      assert.equal(
        await store.commit(record.key, expectationOf(record), change(record, { data: '"x"' }), now),
        true,
      )
      assert.deepEqual(await store.read(twin.key, now), twin)
    },
  },
]
