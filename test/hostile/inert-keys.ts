import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { UserIndex } from '../../src/contract/capabilities.ts'
import type { SessionStore } from '../../src/contract/store.ts'
import { basicStore } from '../../src/stores/basic.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { expectationOf, sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'

/** Stores that take any key or user must keep it apart from all others, and leave the rest alone. */
export async function demandInertKeys(context: TestContext, keys: readonly string[]): Promise<void> {
  const texts = new Map<string, string>()
  const stores: (SessionStore & Partial<UserIndex>)[] = [
    memoryStore(),
    sqliteStore(join(makeFolder(context), 'keys.db')),
    basicStore({
      get: (key) => texts.get(key),
      save: (key, text) => texts.set(key, text),
      delete: (key) => texts.delete(key),
    }),
  ]
  for (const store of stores) await demandInertKeysOf(store, keys)
}

async function demandInertKeysOf(
  store: SessionStore & Partial<UserIndex>,
  keys: readonly string[],
): Promise<void> {
  const now = Date.now()
  const bystander = sampleRecord(now, { userId: 'bystander' })
  await store.create(bystander, now)
  for (const key of keys) {
    assert.equal(await store.read(key, now), undefined, key)
    assert.equal(await store.touch(key, now, now, now), false, key)
    assert.equal(await store.delete(key), false, key)
    assert.equal(await store.create(sampleRecord(now, { key, userId: key }), now), true, key)
  }
  for (const key of keys) {
    const record = await store.read(key, now)
    assert.ok(record)
    const { owner = '' } = record
    assert.deepEqual([record.key, record.userId], [key, key])
    const change = sampleChange(record, { data: JSON.stringify({ key }) })
    assert.equal(await store.commit(key, expectationOf(record), change, now), true, key)
    assert.equal((await store.read(key, now))?.data, JSON.stringify({ key }))
    if (!store.listByUser) continue
    assert.deepEqual(
      (await store.listByUser(owner, { limit: 9 }, now)).map((each) => each.key),
      [key],
    )
    // An owner is a hash, but to a store it is text like any other.
    assert.deepEqual(await store.listByUser(key, { limit: 9 }, now), [])
    assert.equal(await store.deleteByHandle?.(owner, key, now), false)
  }
  for (const key of keys) assert.equal(await store.delete(key), true, key)
  for (const key of keys) assert.deepEqual((await store.deleteByUser?.(key, {}, now))?.handles ?? [], [], key)
  assert.deepEqual(await store.read(bystander.key, now), bystander)
}

/** A folder for one test's files. */
export function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}
