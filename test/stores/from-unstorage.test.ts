import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createStorage, prefixStorage } from 'unstorage'
import type { Driver, Storage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import fsLiteDriver from 'unstorage/drivers/fs-lite'
import overlayDriver from 'unstorage/drivers/overlay'
import memoryDriver from 'unstorage/drivers/memory'
import { SessionConfigError, SessionDecodeError } from '../../src/contract/errors.ts'
import { fromUnstorage } from '../../src/stores/basic.ts'
import type { ItemStorage } from '../../src/stores/basic.ts'
import { expectationOf, sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'

const now = 1_800_000_000_000
const folder = await mkdtemp(join(tmpdir(), 'coatcheck-unstorage-'))
after(() => rm(folder, { recursive: true }))

const storages: Readonly<Record<string, Storage>> = {
  memory: createStorage(),
  'memory, with a prefix': prefixStorage(createStorage(), 'app:sessions'),
  fs: createStorage({ driver: fsDriver({ base: join(folder, 'fs') }) }),
  'fs-lite, mounted': createStorage().mount('here', fsLiteDriver({ base: join(folder, 'lite') })),
  overlay: createStorage({ driver: overlayDriver({ layers: [memoryDriver(), memoryDriver()] }) }),
}

for (const [name, storage] of Object.entries(storages)) {
  describe(`fromUnstorage over ${name} keeps the contract`, () => {
    const store = fromUnstorage(name.includes('mounted') ? prefixStorage(storage, 'here') : storage)
    for (const storeCase of casesFor(store)) {
      test(storeCase.name, () => storeCase.run(storeCaseContext(store)))
    }
  })
}

describe('fromUnstorage', () => {
  test('fromUnstorage gives drivers the time to live in whole seconds, from the present of the manager', async () => {
    const ttls: unknown[] = []
    const driver: Driver = {
      ...memoryDriver(),
      setItem: (_key, _value, { ttl }) => void ttls.push(ttl),
      getItem: () => null,
    }
    const storage = createStorage({ driver })
    await assert.rejects(async () => fromUnstorage(storage).create(sampleRecord(now), now))
    const hastened = sampleRecord(now, { idleTimeout: 1, idleExpiresAt: now + 1 })
    await assert.rejects(async () => fromUnstorage(storage).create(hastened, now))
    assert.deepEqual(ttls, [120, 61])
  })
  test('fromUnstorage leaves the data to no parser, neither the storage nor a driver that answers parsed values', async () => {
    const rows = new Map<string, string>()
    const parsing: Driver = {
      ...memoryDriver(),
      setItem: (key, value) => void rows.set(key, value),
      getItem: (key) => parse(rows.get(key)),
      removeItem: (key) => void rows.delete(key),
    }
    const store = fromUnstorage(createStorage({ driver: parsing }))
    const record = sampleRecord(now, { data: '{"__proto__":{"a":1},"big":12345678901234567890}' })
    await store.create(record, now)
    assert.deepEqual(await store.read(record.key, now), record)
  })
  test('fromUnstorage rejects when a driver keeps nothing, instead of losing the session in silence', async () => {
    const readOnly = createStorage({ driver: fsDriver({ base: join(folder, 'none'), readOnly: true }) })
    await assert.rejects(
      async () => fromUnstorage(readOnly).create(sampleRecord(now), now),
      /did not keep the value/,
    )
    const { setItem: _setItem, ...mute } = memoryDriver()
    await assert.rejects(
      async () => fromUnstorage(createStorage({ driver: mute })).create(sampleRecord(now), now),
      /did not keep the value/,
    )
  })
  test('fromUnstorage reads back only the first value that it saves', async () => {
    let reads = 0
    const storage = createStorage()
    const counting: ItemStorage = {
      getItem(key) {
        reads += 1
        return storage.getItem(key)
      },
      setItem: (key, value) => storage.setItem(key, value),
      removeItem: (key) => storage.removeItem(key),
    }
    const store = fromUnstorage(counting)
    const record = sampleRecord(now)
    await store.create(record, now)
    assert.equal(reads, 2)
    await store.commit(record.key, expectationOf(record), sampleChange(record), now)
    assert.equal(reads, 3)
    await store.create(sampleRecord(now), now)
    assert.equal(reads, 4)
  })
  test('fromUnstorage rejects when a driver does not remove, because logout would not be final', async () => {
    const base = join(folder, 'stuck')
    const store = fromUnstorage(createStorage({ driver: fsDriver({ base }) }))
    const record = sampleRecord(now)
    await store.create(record, now)
    const clinging: Driver = { ...fsDriver({ base }), removeItem: () => {} }
    await assert.rejects(
      async () => fromUnstorage(createStorage({ driver: clinging })).delete(record.key),
      /did not remove the value/,
    )
    assert.deepEqual(await store.read(record.key, now), record)
  })
  test('fromUnstorage rejects when a file cannot be read, an error that the driver resolves to', async () => {
    const base = join(folder, 'no-folder')
    await writeFile(base, '')
    const store = fromUnstorage(createStorage({ driver: fsDriver({ base }) }))
    await assert.rejects(async () => store.read('k', now), { code: 'ENOTDIR' })
    await assert.rejects(async () => store.create(sampleRecord(now), now), { code: 'ENOTDIR' })
  })
  test('fromUnstorage rejects when a driver does', async () => {
    const failure = new Error('no route to host')
    const fail = (): never => {
      throw failure
    }
    const failing: Driver = { ...memoryDriver(), getItem: fail }
    await assert.rejects(
      async () => fromUnstorage(createStorage({ driver: failing })).read('k', now),
      failure,
    )
    const full: Driver = { ...memoryDriver(), setItem: fail }
    await assert.rejects(
      async () => fromUnstorage(createStorage({ driver: full })).create(sampleRecord(now), now),
      failure,
    )
  })
  test('fromUnstorage takes values of other origin for damaged records, and quotes none', async () => {
    const record = sampleRecord(now)
    const damaged = [{ a: 'tell-nobody' }, 'tell-nobody', 7, true, ['tell-nobody'], '', 'coatcheck:tell']
    for (const value of damaged) {
      const storage = createStorage()
      await storage.setItem(record.key, value)
      const store = fromUnstorage(storage)
      await assert.rejects(
        async () => store.read(record.key, now),
        (error: unknown) => error instanceof SessionDecodeError && !/tell|nobody/.test(`${error.stack}`),
      )
      assert.equal(await store.create(record, now), false)
      assert.equal(await store.delete(record.key), true)
    }
  })
  test('fromUnstorage refuses what is no storage', () => {
    for (const received of [undefined, null, 'memory', {}, { getItem() {}, setItem() {} }]) {
      assert.throws(
        () => fromUnstorage(received as unknown as ItemStorage),
        (error: unknown) =>
          error instanceof SessionConfigError &&
          /^fromUnstorage: received \w+; allowed is an object with the methods getItem, setItem, removeItem$/.test(
            error.message,
          ),
      )
    }
  })
})

/** As drivers do that read JSON by themselves. */
function parse(text: string | undefined): Record<string, never> | string | null {
  try {
    return text === undefined ? null : JSON.parse(text)
  } catch {
    return text ?? null
  }
}
