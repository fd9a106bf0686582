import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SessionConfigError, SessionDecodeError } from '../../src/contract/errors.ts'
import { KeyQueue } from '../../src/stores/basic/key-queue.ts'
import { basicStore } from '../../src/stores/basic.ts'
import type { BasicFunctions } from '../../src/stores/basic.ts'
import { expectationOf, sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'
import { withPlanted } from '../support/with-planted.ts'

const now = 1_800_000_000_000

/** Three asynchronous functions over a map. */
function functionsOver(rows: Map<string, string>, saved: number[] = []): BasicFunctions {
  return {
    async get(key) {
      await nextTurn()
      return rows.get(key) ?? null
    },
    async save(key, value, expiresAt) {
      await nextTurn()
      rows.set(key, value)
      saved.push(expiresAt)
    },
    async delete(key) {
      await nextTurn()
      rows.delete(key)
    },
  }
}

describe('basicStore keeps the contract', () => {
  for (const storeCase of casesFor(basicStore(functionsOver(new Map())))) {
    test(storeCase.name, () => storeCase.run(storeCaseContext(basicStore(functionsOver(new Map())))))
  }
  test('basicStore keeps the contract with synchronous functions', async () => {
    const rows = new Map<string, string>()
    const store = basicStore({
      get: (key) => rows.get(key),
      save: (key, value) => rows.set(key, value),
      delete: (key) => rows.delete(key),
    })
    const record = sampleRecord(now)
    assert.equal(await store.create(record, now), true)
    assert.deepEqual(await store.read(record.key, now), record)
    assert.equal(await store.delete(record.key), true)
    assert.equal(store.atomicity, 'process')
  })
})

describe('basicStore saves', () => {
  test('basicStore saves with an expiresAt one minute after the end', async () => {
    const saved: number[] = []
    const store = basicStore(functionsOver(new Map(), saved))
    const record = sampleRecord(now, { endsAt: now + 90_000 })
    await store.create(record, now)
    await store.touch(record.key, now, now + 80_000, now)
    await store.touch(record.key, now, now + 999_000, now)
    assert.deepEqual(saved, [now + 120_000, now + 140_000, now + 150_000])
  })
  test("basicStore saves with the manager's present, for databases that take a time to live", async () => {
    const presents: number[] = []
    const working = functionsOver(new Map())
    const store = basicStore({
      ...working,
      save: (key, value, expiresAt, present) => {
        presents.push(present)
        return working.save(key, value, expiresAt, present)
      },
    })
    const record = sampleRecord(now)
    await store.create(record, now)
    await store.commit(record.key, expectationOf(record), sampleChange(record), now + 1)
    await store.touch(record.key, now + 2, now + 60_002, now + 2)
    assert.deepEqual(presents, [now, now + 1, now + 2])
  })
  test('basicStore saves nothing for a touch that moves nothing, and nothing for a commit that does not happen', async () => {
    const saved: number[] = []
    const store = basicStore(functionsOver(new Map(), saved))
    const record = sampleRecord(now)
    await store.create(record, now)
    await store.touch(record.key, now, now, now)
    await store.commit(record.key, { version: 2, commitId: '' }, sampleChange(record), now)
    assert.equal(saved.length, 1)
  })
  test('basicStore saves what it was given, even if the caller modifies it before it is saved', async () => {
    const store = basicStore(functionsOver(new Map()))
    const record = sampleRecord(now)
    const passed = { ...record, commitIds: [...record.commitIds] }
    const created = store.create(passed, now)
    passed.data = '"spoiled"'
    passed.commitIds[0] = 'spoiled'
    await created
    assert.deepEqual(await store.read(record.key, now), record)
    const change = { ...sampleChange(record, { data: '"second"' }) }
    const committed = store.commit(record.key, expectationOf(record), change, now)
    Object.assign(change, { data: '"spoiled"' })
    await committed
    assert.equal((await store.read(record.key, now))?.data, '"second"')
  })
})

describe('basicStore fails', () => {
  const secret = 'tell-nobody'
  const whole = JSON.stringify(sampleRecord(now, { key: 'k', data: secret, details: secret }))
  const corrupt: Readonly<Record<string, unknown>> = {
    'empty text': '',
    'truncated text': whole.slice(0, -20),
    'trailing garbage': `${whole}${secret}`,
    'a byte order mark': `\ufeff${whole}`,
    'null text': 'null',
    'a list': `["${secret}"]`,
    'a string': `"${secret}"`,
    'a number': '42',
    'a buffer': Buffer.from(whole),
    'a missing property': whole.replace('"endsAt"', `"${secret}"`),
    'an unknown property': whole.replace('{', `{"${secret}":"${secret}",`),
    'an own __proto__': whole.replace('{', '{"__proto__":{"userId":"u_evil"},'),
    'a version of text': whole.replace('"version":1', `"version":"${secret}"`),
    'a version below 1': whole.replace('"version":1', '"version":0'),
    'a later format': whole.replace('"format":2', '"format":3'),
    'an earlier format': whole.replace('"format":2', '"format":1'),
    'lifetimes of text': whole.replace('{', `{"lifetimes":"${secret}",`),
    'an owner without a user': whole.replace('{', `{"owner":"${secret}",`),
    'an endless instant': whole.replace(/"endsAt":\d+/, '"endsAt":1e309'),
    'a negative instant': whole.replace(/"createdAt":/, '"createdAt":-'),
    'no commit ids': whole.replace(/"commitIds":\[[^\]]*\]/, '"commitIds":[]'),
    'a user of null': whole.replace('{', '{"userId":null,'),
    'the record of another key': whole.replace('"key":"k"', `"key":"${secret}"`),
  }
  for (const [name, value] of Object.entries(corrupt)) {
    test(`basicStore fails on ${name}, without quoting it`, async () => {
      const store = basicStore({ ...functionsOver(new Map()), get: () => value as string })
      const record = sampleRecord(now, { key: 'k' })
      for (const answer of [
        async () => store.read('k', now),
        async () => store.touch('k', now, now, now),
        async () => store.commit('k', expectationOf(record), sampleChange(record), now),
        async () => store.delete('k', null),
      ]) {
        await assert.rejects(answer, (error: unknown) => {
          assert.ok(error instanceof SessionDecodeError)
          assert.equal(error.cause, undefined)
          assert.doesNotMatch(`${error.message} ${error.stack}`, /tell|nobody/)
          return true
        })
      }
      assert.equal(await store.create(record, now), false)
      assert.equal(await store.delete('k'), true)
    })
  }
  test("basicStore fails with the functions' own errors, thrown or rejected, and works again afterwards", async () => {
    const failure = new Error('no route to host')
    const rows = new Map<string, string>()
    const working = functionsOver(rows)
    let failing = true
    const store = basicStore({
      ...working,
      get(key) {
        if (failing) throw failure
        return working.get(key)
      },
      save: (...parameters) => (failing ? Promise.reject(failure) : working.save(...parameters)),
    })
    const record = sampleRecord(now)
    const first = store.create(record, now)
    await assert.rejects(async () => first, failure)
    failing = false
    assert.equal(await store.create(record, now), true)
  })
})

describe('the ping of basicStore', () => {
  test('the ping of basicStore saves a row under a name that no session has, until a minute from now, reads it and removes it', async () => {
    const rows = new Map<string, string>()
    const log: string[] = []
    const working = functionsOver(rows)
    const from = Date.now()
    const store = basicStore({
      get: (key) => (log.push(`get ${key}`), working.get(key)),
      save(key, value, expiresAt, present) {
        assert.ok(present >= from && present <= Date.now() && expiresAt === present + 60_000)
        log.push(`save ${key}`)
        return working.save(key, value, expiresAt, present)
      },
      delete: (key) => (log.push(`delete ${key}`), working.delete(key)),
    })
    await store.ping()
    assert.match(log.join(), /^save (ping-[0-9a-f-]{36}),get \1,delete \1$/)
    assert.equal(rows.size, 0)
  })
  test('the ping of basicStore rejects when one of the three fails, and when nothing is kept', async () => {
    const failure = new Error('read-only')
    const fail = (): never => {
      throw failure
    }
    for (const name of ['get', 'save', 'delete'] as const) {
      const store = basicStore({ ...functionsOver(new Map()), [name]: fail })
      await assert.rejects(async () => store.ping(), failure)
    }
    const forgetful = basicStore({ ...functionsOver(new Map()), save: () => {} })
    await assert.rejects(async () => forgetful.ping(), /does not keep what it is given/)
  })
  test('the ping of basicStore leaves nothing behind when the answer to a save is lost', async () => {
    const rows = new Map<string, string>()
    const working = functionsOver(rows)
    const store = basicStore({
      ...working,
      async save(...given) {
        await working.save(...given)
        throw new Error('connection reset')
      },
    })
    await assert.rejects(async () => store.ping(), /connection reset/)
    await nextTurn()
    await nextTurn()
    assert.equal(rows.size, 0)
  })
  test('the ping of basicStore makes one check for all that ask meanwhile, and a new one afterwards', async () => {
    const saved: number[] = []
    const store = basicStore(functionsOver(new Map(), saved))
    await Promise.all([store.ping(), store.ping(), store.ping()])
    assert.equal(saved.length, 1)
    await store.ping()
    assert.equal(saved.length, 2)
  })
  test('the ping of basicStore makes a new check a second after one that is never answered', async (context) => {
    context.mock.timers.enable({ apis: ['Date'] })
    const working = functionsOver(new Map())
    let isSilent = true
    const store = basicStore({
      ...working,
      save: (...given) => (isSilent ? new Promise(() => {}) : working.save(...given)),
    })
    void store.ping()
    isSilent = false
    context.mock.timers.tick(1000)
    await store.ping()
  })
})

describe('basicStore deletes with an owner', () => {
  test('what it has decoded, and refuses a damaged record, whose owner is unknown', async () => {
    const rows = new Map([['k', '{}']])
    const store = basicStore(functionsOver(rows))
    await assert.rejects(async () => store.delete('k', null), SessionDecodeError)
    assert.equal(await store.delete('k'), true)
  })
  test('and reads records without what a fault elsewhere has put on the prototype of all objects', async () => {
    const store = basicStore(functionsOver(new Map()))
    const visitor = sampleRecord(now)
    await store.create(visitor, now)
    const planted = { owner: 'o', userId: 'u_1', lifetimes: 'other', previousVerifierHash: 7 }
    await withPlanted(planted, async () => {
      const found = await store.read(visitor.key, now)
      assert.deepEqual(Object.keys(found ?? {}).toSorted(), Object.keys(visitor).toSorted())
      assert.equal(await store.delete(visitor.key, 'o'), false)
      assert.equal(await store.delete(visitor.key, null), true)
    })
  })
})

describe('basicStore runs the verbs of one key in turn', () => {
  test('basicStore runs the verbs of one key in turn in the order of the calls, and different keys in parallel', async () => {
    const queue = new KeyQueue()
    const log: string[] = []
    const task = (name: string) => async (): Promise<void> => {
      log.push(`${name} starts`)
      await nextTurn()
      log.push(`${name} ends`)
    }
    await Promise.all([queue.run('a', task('a1')), queue.run('a', task('a2')), queue.run('b', task('b1'))])
    assert.equal(log.length, 6)
    assert.ok(log.indexOf('a1 ends') < log.indexOf('a2 starts'))
    assert.ok(log.indexOf('b1 starts') < log.indexOf('a1 ends'))
  })
  test('and releases all memory afterwards, even after failures', async () => {
    const queue = new KeyQueue()
    const outcomes = Array.from({ length: 100 }, (_, index) =>
      queue.run(`key ${index % 10}`, async () => {
        await nextTurn()
        if (index % 3 === 0) throw new Error('failed')
        return index
      }),
    )
    assert.equal(queue.size, 10)
    const settled = await Promise.allSettled(outcomes)
    assert.equal(settled.filter(({ status }) => status === 'rejected').length, 34)
    await nextTurn()
    assert.equal(queue.size, 0)
  })
})

describe('basicStore refuses', () => {
  const refused: readonly [unknown, RegExp][] = [
    [{}, /basicStore\.get: received undefined; allowed is a function/],
    [{ get() {}, save: 'save', delete() {} }, /basicStore\.save: received 'save'/],
    [
      { get() {}, save() {}, delete() {}, del() {} },
      /basicStore\.del: unknown option\. Allowed are get, save, delete/,
    ],
    [{ get() {}, save() {}, DELETE() {} }, /Did you mean 'delete'\?/],
    [undefined, /basicStore: received undefined; allowed is an object/],
    [new Map(), /basicStore\.get/],
  ]
  for (const [index, [functions, message]] of refused.entries()) {
    test(`basicStore refuses malformed functions ${index}`, () => {
      assert.throws(
        () => basicStore(functions as BasicFunctions),
        (error: unknown) => error instanceof SessionConfigError && message.test(error.message),
      )
    })
  }
})
