import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Keyv } from 'keyv'
import { SessionConfigError, SessionDecodeError } from '../../src/contract/errors.ts'
import { fromKeyv } from '../../src/stores/basic.ts'
import type { KeyvInstance } from '../../src/stores/basic.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'

const now = 1_800_000_000_000

/** What an adapter does instead of its work: reject, emit the failure and answer as if it had, or answer false. */
interface Failing {
  readonly verb: 'get' | 'set' | 'delete'
  readonly how: 'reject' | 'emit' | 'answer'
}

/** A storage adapter as for Keyv 5, asynchronous and with times to live, that can be made to fail. */
class Adapter extends EventEmitter {
  readonly failure = new Error('no route to host')
  readonly opts = {}
  readonly #rows = new Map<string, unknown>()
  fail: Failing | undefined

  async get(key: string): Promise<unknown> {
    await nextTurn()
    return this.#fails('get') ? undefined : this.#rows.get(key)
  }

  async set(key: string, value: unknown): Promise<boolean | undefined> {
    await nextTurn()
    if (this.#fails('set')) return this.fail?.how === 'answer' ? false : undefined
    this.#rows.set(key, value)
    return undefined
  }

  async delete(key: string): Promise<boolean> {
    await nextTurn()
    return this.#fails('delete') ? false : this.#rows.delete(key)
  }

  async clear(): Promise<void> {
    this.#rows.clear()
  }

  async has(key: string): Promise<boolean> {
    return this.#rows.has(key)
  }

  #fails(verb: Failing['verb']): boolean {
    if (this.fail?.verb !== verb) return false
    if (this.fail.how === 'reject') throw this.failure
    if (this.fail.how === 'emit') this.emit('error', this.failure)
    return true
  }
}

const reverse = async (text: string): Promise<string> => [...text].toReversed().join('')
const sanitize = { keys: true, namespace: true }
const keyvs: Readonly<Record<string, Keyv>> = {
  'a map': new Keyv(),
  'a namespace': new Keyv(new Map(), { namespace: 'app:sessions' }),
  'no serialization': new Keyv({ serialization: false }),
  'compression, encryption and sanitized keys': new Keyv({
    compression: { compress: reverse, decompress: reverse },
    encryption: { encrypt: reverse, decrypt: reverse },
    sanitize,
  }),
  'an adapter of earlier Keyvs': new Keyv({ store: new Adapter() }),
}

for (const [name, keyv] of Object.entries(keyvs)) {
  describe(`fromKeyv over ${name} keeps the contract`, () => {
    const store = fromKeyv(keyv)
    for (const storeCase of casesFor(store)) {
      test(storeCase.name, () => storeCase.run(storeCaseContext(store)))
    }
  })
}

describe('fromKeyv', () => {
  const failure = new Error('no route to host')

  test('fromKeyv stores with the time to live in milliseconds, from the present of the manager', async () => {
    const keyv = new Keyv()
    const ttls: unknown[] = []
    keyv.onHook({ event: 'before:set', handler: (data: { ttl: number }) => void ttls.push(data.ttl) })
    await fromKeyv(keyv).create(sampleRecord(now), now)
    assert.deepEqual(ttls, [120_000])
  })
  for (const [name, listen] of [
    ['which Keyv only emits when somebody listens', true],
    ['which Keyv throws when nobody else listens', false],
  ] as const) {
    test(`fromKeyv rejects with the failure of an adapter, ${name}`, async () => {
      const adapter = new Adapter()
      const keyv = new Keyv({ store: adapter })
      const heard: unknown[] = []
      if (listen) keyv.on('error', (error) => void heard.push(error))
      const store = fromKeyv(keyv)
      const record = sampleRecord(now)
      await store.create(record, now)
      for (const verb of ['get', 'set', 'delete'] as const) {
        adapter.fail = { verb, how: 'reject' }
        const expected = { message: 'Keyv reported a failure', cause: adapter.failure }
        if (verb === 'get') await assert.rejects(async () => store.read(record.key, now), expected)
        if (verb === 'set') await assert.rejects(async () => store.create(sampleRecord(now), now), expected)
        if (verb === 'delete') await assert.rejects(async () => store.delete(record.key), expected)
      }
      adapter.fail = undefined
      assert.deepEqual(await store.read(record.key, now), record)
      assert.equal(heard.length, listen ? 3 : 0)
    })
  }
  test('fromKeyv rejects with the failure that an adapter emits, answering as if nothing were there', async () => {
    const adapter = new Adapter()
    const store = fromKeyv(new Keyv({ store: adapter }))
    const record = sampleRecord(now)
    await store.create(record, now)
    const expected = { message: 'Keyv reported a failure', cause: adapter.failure }
    adapter.fail = { verb: 'get', how: 'emit' }
    await assert.rejects(async () => store.read(record.key, now), expected)
    await assert.rejects(async () => store.create(record, now), expected)
    adapter.fail = { verb: 'delete', how: 'emit' }
    await assert.rejects(async () => store.delete(record.key), expected)
    adapter.fail = { verb: 'set', how: 'emit' }
    await assert.rejects(async () => store.create(sampleRecord(now), now), expected)
  })
  test('fromKeyv rejects when an adapter answers that it has not stored', async () => {
    const adapter = new Adapter()
    const store = fromKeyv(new Keyv({ store: adapter }))
    adapter.fail = { verb: 'set', how: 'answer' }
    await assert.rejects(async () => store.create(sampleRecord(now), now), /Keyv did not store the value/)
  })
  test('fromKeyv rejects when a value that Keyv says it has not removed is there, and not when it is not', async () => {
    const adapter = new Adapter()
    const store = fromKeyv(new Keyv({ store: adapter }))
    const record = sampleRecord(now)
    await store.create(record, now)
    adapter.fail = { verb: 'delete', how: 'answer' }
    await assert.rejects(async () => store.delete(record.key), /Keyv did not remove the value/)
    adapter.fail = undefined
    assert.deepEqual(await store.read(record.key, now), record)
    const rows = new Map<string, string>()
    const forgetful = fromKeyv({
      get: async (key) => rows.get(key),
      set: async (key, value) => void rows.set(key, value),
      delete: async (key) => (rows.delete(key), false),
      on() {},
    })
    await forgetful.create(record, now)
    assert.equal(await forgetful.delete(record.key), true)
  })
  test('fromKeyv takes no failure of another call for its own when its answer is certain', async () => {
    const adapter = new Adapter()
    const store = fromKeyv(new Keyv({ store: adapter }))
    const record = sampleRecord(now)
    await store.create(record, now)
    const reading = store.read(record.key, now)
    adapter.emit('error', failure)
    assert.deepEqual(await reading, record)
  })
  test('fromKeyv survives a lost connection that is reported outside of any call', async () => {
    const adapter = new Adapter()
    const store = fromKeyv(new Keyv({ store: adapter }))
    adapter.emit('error', failure)
    assert.equal(await store.read('k', now), undefined)
  })
  test('fromKeyv takes what Keyv cannot parse, and values of other origin, for damaged records, quoting none', async () => {
    const rows = new Map<string, unknown>()
    const store = fromKeyv(new Keyv({ store: rows }))
    const record = sampleRecord(now)
    for (const value of [
      'tell-nobody',
      '{"value":{"a":"tell-nobody"}}',
      '{"value":"tell-nobody"}',
      '{"value":7}',
    ]) {
      rows.set(record.key, { value })
      await assert.rejects(
        async () => store.read(record.key, now),
        (error: unknown) =>
          error instanceof SessionDecodeError &&
          error.cause === undefined &&
          !/tell|nobody/.test(`${error.stack}`),
      )
    }
  })
  test('fromKeyv refuses what is no Keyv', () => {
    for (const received of [
      undefined,
      'redis://:secret@localhost',
      new Map(),
      { get() {}, set() {}, delete() {} },
    ]) {
      assert.throws(
        () => fromKeyv(received as unknown as KeyvInstance),
        (error: unknown) =>
          error instanceof SessionConfigError &&
          /^fromKeyv: received \w+; allowed is an object with the methods get, set, delete, on$/.test(
            error.message,
          ),
      )
    }
  })
})
