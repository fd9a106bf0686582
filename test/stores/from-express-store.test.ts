import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import createPostgresStore from 'connect-pg-simple'
import expressSession from 'express-session'
import createMemoryStore from 'memorystore'
import { Pool } from 'pg'
import createFileStore from 'session-file-store'
import { SessionConfigError, SessionDecodeError } from '../../src/contract/errors.ts'
import { fromExpressStore } from '../../src/stores/basic.ts'
import type { ExpressStore, ExpressStoreSession } from '../../src/stores/basic.ts'
import { expectationOf, sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'
import { withPlanted } from '../support/with-planted.ts'

const now = 1_800_000_000_000
const folder = await mkdtemp(join(tmpdir(), 'coatcheck-express-'))
after(() => rm(folder, { recursive: true }))

const FileStore = createFileStore(expressSession)
const MemoryStore = createMemoryStore(expressSession)
/** Without `retries: 0` it looks for an absent file six times, over half a second. */
const fileStore = new FileStore({ path: folder, retries: 0, reapInterval: -1, logFn: () => {} })
const stores: Readonly<Record<string, ExpressStore>> = {
  'the MemoryStore of express-session': new expressSession.MemoryStore(),
  memorystore: new MemoryStore({ checkPeriod: 0 }),
  'session-file-store': fileStore,
}

for (const [name, foreign] of Object.entries(stores)) {
  describe(`fromExpressStore over ${name} keeps the contract`, () => {
    const store = fromExpressStore(foreign)
    for (const storeCase of casesFor(store)) {
      test(storeCase.name, () => storeCase.run(storeCaseContext(store)))
    }
  })
}

/** A store over a map, with one method replaced. */
function storeWith(replaced: Partial<ExpressStore>): ExpressStore {
  const rows = new Map<string, ExpressStoreSession>()
  return {
    get: (id, callback) => callback(null, rows.get(id)),
    set: (id, session, callback) => (rows.set(id, session), callback()),
    destroy: (id, callback) => (rows.delete(id), callback()),
    ...replaced,
  }
}

describe('fromExpressStore', () => {
  const failure = new Error('no route to host')

  test('fromExpressStore tells each store in its own way how long to keep the session, from the present of the manager', async () => {
    const given: ExpressStoreSession[] = []
    const record = sampleRecord(now)
    const from = Date.now()
    await fromExpressStore(
      storeWith({ set: (_id, session, callback) => (given.push(session), callback()) }),
    ).create(record, now)
    const { cookie } = given[0] ?? assert.fail('nothing was stored')
    assert.equal(cookie.originalMaxAge, 120_000)
    assert.equal(cookie.maxAge, 120_000)
    const left = Number(cookie.expires) - 120_000
    assert.ok(left >= from && left <= Date.now())
    const written = JSON.parse(JSON.stringify(given[0]))
    assert.deepEqual(written.cookie, {
      originalMaxAge: 120_000,
      maxAge: 120_000,
      expires: cookie.expires?.toISOString(),
      httpOnly: true,
      path: '/',
    })
    assert.deepEqual(JSON.parse(written.coatcheck), record)
  })
  test('fromExpressStore gives stores a cookie with a toJSON, and a session that they may add to', async () => {
    const store = fromExpressStore(
      storeWith({
        set(_id, session, callback) {
          const { cookie } = session as { cookie: ExpressStoreSession['cookie'] & { toJSON(): object } }
          Object.assign(session, { __lastAccess: 1, cookie: cookie.toJSON() })
          assert.ok('expires' in session.cookie)
          callback()
        },
      }),
    )
    assert.equal(await store.create(sampleRecord(now), now), true)
  })
  test('fromExpressStore keeps a session in the file, whole, until a minute after its end', async () => {
    const store = fromExpressStore(fileStore)
    const record = sampleRecord(Date.now())
    await store.create(record, record.createdAt)
    assert.ok((await readdir(folder)).includes(`${record.key}.json`))
    assert.equal(await store.delete(record.key), true)
    assert.ok(!(await readdir(folder)).includes(`${record.key}.json`))
  })
  test('fromExpressStore takes the error ENOENT for an absent session, and every other one for a failure', async () => {
    const absent = storeWith({ get: (_id, done) => done(Object.assign(new Error(), { code: 'ENOENT' })) })
    assert.equal(await fromExpressStore(absent).read('k', now), undefined)
    assert.equal(
      await fromExpressStore(storeWith({ get: (_id, done) => done(null, null) })).read('k', now),
      undefined,
    )
    for (const error of [failure, Object.assign(new Error(), { code: 'EACCES' }), 'text', { code: 7 }]) {
      const failing = fromExpressStore(storeWith({ get: (_id, done) => done(error) }))
      await assert.rejects(
        async () => failing.read('k', now),
        (reason: unknown) => reason === error,
      )
      await assert.rejects(
        async () => failing.delete('k'),
        (reason: unknown) => reason === error,
      )
    }
  })
  test('fromExpressStore takes no missing socket file of a database for an absent session', async () => {
    const Store = createPostgresStore(expressSession)
    const pool = new Pool({ host: join(folder, 'not-running'), user: 'nobody', database: 'none' })
    const store = fromExpressStore(new Store({ pool, pruneSessionInterval: false }))
    const refused = { code: 'ENOENT', syscall: 'connect' }
    await assert.rejects(async () => store.read('k', now), refused)
    await assert.rejects(async () => store.delete('k'), refused)
  })
  const failures: Readonly<Record<string, (done: (error?: unknown) => void) => unknown>> = {
    'called back': (done) => done(failure),
    'called back later': (done) => void setImmediate(done, failure),
    'called back before success': (done) => (done(failure), done()),
    thrown() {
      throw failure
    },
    'in a promise that rejects': () => Promise.reject(failure),
  }
  for (const [name, fail] of Object.entries(failures)) {
    test(`fromExpressStore rejects with an error ${name}`, async () => {
      const record = sampleRecord(now)
      const setting = fromExpressStore(storeWith({ set: (_id, _session, done) => fail(done) }))
      await assert.rejects(async () => setting.create(record, now), failure)
      const destroying = fromExpressStore(storeWith({ destroy: (_id, done) => fail(done) }))
      await destroying.create(record, now)
      await assert.rejects(async () => destroying.delete(record.key), failure)
      const getting = fromExpressStore(storeWith({ get: (_id, done) => fail(done) }))
      await assert.rejects(async () => getting.read(record.key, now), failure)
    })
  }
  test('fromExpressStore believes the first of two calls, and ignores a rejection after it', async () => {
    const store = fromExpressStore(
      storeWith({
        async destroy(_id, done) {
          done()
          done(failure)
          throw failure
        },
      }),
    )
    const record = sampleRecord(now)
    await store.create(record, now)
    assert.equal(await store.delete(record.key), true)
  })
  test('fromExpressStore holds up only the calls of one session when a store never calls back', async () => {
    const record = sampleRecord(now)
    const foreign = storeWith({})
    const { get } = foreign
    foreign.get = (id, done) => (id === record.key ? undefined : get(id, done))
    const store = fromExpressStore(foreign)
    const silent = Promise.resolve(store.read(record.key, now)).then(() => assert.fail('answered'))
    const other = sampleRecord(now)
    assert.equal(await store.create(other, now), true)
    assert.deepEqual(await Promise.race([silent, store.read(other.key, now)]), other)
  })
  test('fromExpressStore takes sessions of other origin for damaged records, and quotes none', async () => {
    for (const session of [{}, { coatcheck: 'tell-nobody' }, { coatcheck: { a: 1 } }, 'tell-nobody', 7]) {
      const store = fromExpressStore(storeWith({ get: (_id, done) => done(null, session) }))
      await assert.rejects(
        async () => store.read('k', now),
        (error: unknown) => error instanceof SessionDecodeError && !/tell|nobody/.test(`${error.stack}`),
      )
      assert.equal(await store.delete('k'), true)
    }
  })
  test('fromExpressStore reads an answer without what a fault elsewhere has put on the prototype of all objects', async () => {
    const record = sampleRecord(now, { userId: 'u_1' })
    const planted = { coatcheck: JSON.stringify(record), code: 'ENOENT', syscall: 'connect', owner: 'o' }
    await withPlanted(planted, async () => {
      const foreign = fromExpressStore(storeWith({ get: (_id, done) => done(null, {}) }))
      await assert.rejects(async () => foreign.read(record.key, now), SessionDecodeError)
      const failing = fromExpressStore(storeWith({ get: (_id, done) => done(failure) }))
      await assert.rejects(async () => failing.read(record.key, now), failure)
      const absent = storeWith({ get: (_id, done) => done(Object.assign(new Error(), { code: 'ENOENT' })) })
      assert.equal(await fromExpressStore(absent).read(record.key, now), undefined)
      const visitors = fromExpressStore(storeWith({}))
      const visitor = sampleRecord(now)
      await visitors.create(visitor, now)
      assert.ok(!Object.hasOwn((await visitors.read(visitor.key, now)) ?? {}, 'owner'))
      assert.equal(await visitors.delete(visitor.key, null), true)
    })
  })
  test('fromExpressStore refuses what is no store', () => {
    for (const received of [undefined, expressSession, { get() {}, set() {} }]) {
      assert.throws(
        () => fromExpressStore(received as unknown as ExpressStore),
        (error: unknown) =>
          error instanceof SessionConfigError &&
          /^fromExpressStore: received \w+; allowed is an object with the methods get, set, destroy$/.test(
            error.message,
          ),
      )
    }
  })
})

/** A store that calls back only when it has found something, and what it has and was asked. */
function silentStore(): { foreign: ExpressStore; rows: Map<string, ExpressStoreSession>; asked: string[] } {
  const rows = new Map<string, ExpressStoreSession>()
  const asked: string[] = []
  const foreign: ExpressStore = {
    get(id, callback) {
      asked.push(id)
      const session = rows.get(id)
      if (session) setImmediate(callback, null, session)
    },
    set: (id, session, callback) => (rows.set(id, session), setImmediate(callback)),
    destroy: (id, callback) => (rows.delete(id), setImmediate(callback)),
  }
  return { foreign, rows, asked }
}

/** Whether a promise is still pending after everything that is due. */
async function isPending(promise: unknown): Promise<boolean> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn()
  return Promise.race([Promise.resolve(promise).then(() => false), nextTurn(true)])
}

describe('fromExpressStore over a store that never calls back for an absent session', () => {
  test('fromExpressStore over a store that never calls back for an absent session saves a new session without asking for it, and refuses its key from then on', async () => {
    const { foreign, asked } = silentStore()
    const store = fromExpressStore(foreign)
    const record = sampleRecord(now)
    assert.equal(await store.create(record, now), true)
    assert.equal(await store.create(record, now), false)
    assert.deepEqual(asked, [])
    assert.deepEqual(await store.read(record.key, now), record)
  })
  test('fromExpressStore over a store that never calls back for an absent session does not ask for what it has removed', async () => {
    const { foreign, asked } = silentStore()
    const store = fromExpressStore(foreign)
    const record = sampleRecord(now)
    await store.create(record, now)
    assert.equal(await store.delete(record.key, null), true)
    assert.deepEqual(asked, [record.key])
    assert.equal(await store.read(record.key, now), undefined)
    assert.equal(await store.commit(record.key, expectationOf(record), sampleChange(record), now), false)
    assert.equal(await store.touch(record.key, now, now, now), false)
    assert.equal(await store.delete(record.key, null), false)
    assert.deepEqual(asked, [record.key])
  })
  test('fromExpressStore over a store that never calls back for an absent session saves again after a creation that failed', async () => {
    const { foreign, rows } = silentStore()
    const { set } = foreign
    foreign.set = (_id, _session, callback) => callback(new Error('full'))
    const store = fromExpressStore(foreign)
    const record = sampleRecord(now)
    await assert.rejects(async () => store.create(record, now), /full/)
    foreign.set = set
    assert.equal(await store.create(record, now), true)
    assert.equal(rows.size, 1)
  })
  test('fromExpressStore over a store that never calls back for an absent session takes half a second of silence for absence once it has seen that the store works', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { foreign, rows } = silentStore()
    const store = fromExpressStore(foreign)
    const record = sampleRecord(now)
    for (const act of [
      () => store.read(record.key, now),
      () => store.touch(record.key, now, now, now),
      () => store.commit(record.key, expectationOf(record), sampleChange(record), now),
    ]) {
      const answer = act()
      context.mock.timers.tick(499)
      assert.equal(await isPending(answer), true)
      context.mock.timers.tick(1)
      assert.ok([undefined, false].includes((await answer) as undefined))
    }
    assert.equal(rows.size, 0)
  })
  test('fromExpressStore over a store that never calls back for an absent session rejects a deletion then, because a session that only seems absent would live on', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const store = fromExpressStore(silentStore().foreign)
    const answer = Promise.resolve(store.delete(sampleRecord(now).key, null))
    await nextTurn()
    context.mock.timers.tick(500)
    await assert.rejects(answer, /does not say whether it has the session/)
  })
  const working: Readonly<Record<string, (foreign: ExpressStore) => void>> = {
    'does not save': (foreign) => void (foreign.set = () => {}),
    'fails to save': (foreign) => void (foreign.set = (_id, _session, done) => done(new Error('full'))),
    'does not read': (foreign) => void (foreign.get = () => {}),
    'does not remove': (foreign) => void (foreign.destroy = () => {}),
  }
  for (const [name, spoil] of Object.entries(working)) {
    test(`fromExpressStore over a store that never calls back for an absent session waits on for a store that ${name}`, async (context) => {
      context.mock.timers.enable({ apis: ['setTimeout'] })
      const { foreign } = silentStore()
      spoil(foreign)
      const answer = fromExpressStore(foreign).read(sampleRecord(now).key, now)
      await nextTurn()
      context.mock.timers.tick(500)
      assert.equal(await isPending(answer), true)
    })
  }
  test('fromExpressStore over a store that never calls back for an absent session waits on for a store that has said of another session that it is absent', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { foreign } = silentStore()
    const { get } = foreign
    const store = fromExpressStore(foreign)
    foreign.get = (_id, callback) => callback(null)
    assert.equal(await store.read(sampleRecord(now).key, now), undefined)
    foreign.get = get
    let trials = 0
    foreign.set = () => (trials += 1)
    const answer = store.read(sampleRecord(now).key, now)
    await nextTurn()
    context.mock.timers.tick(500)
    assert.equal(await isPending(answer), true)
    assert.equal(trials, 0)
  })
  test('fromExpressStore over a store that never calls back for an absent session believes the silence of a store no more that has answered late', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { foreign } = silentStore()
    const { get } = foreign
    const late: (() => void)[] = []
    const record = sampleRecord(now)
    foreign.get = (id, callback) =>
      id.startsWith('ping') ? get(id, callback) : void late.push(() => get(id, callback))
    const store = fromExpressStore(foreign)
    await store.create(record, now)
    const first = store.read(record.key, now)
    await nextTurn()
    context.mock.timers.tick(500)
    assert.equal(await first, undefined)
    late.shift()?.()
    await nextTurn()
    const second = store.read(record.key, now)
    await nextTurn()
    context.mock.timers.tick(500)
    assert.equal(await isPending(second), true)
    late.shift()?.()
    assert.deepEqual(await second, record)
  })
})

describe('the ping of fromExpressStore', () => {
  test('the ping of fromExpressStore saves and removes a row under a name that no session has', async () => {
    const { foreign, rows, asked } = silentStore()
    await fromExpressStore(foreign).ping()
    assert.equal(rows.size, 0)
    assert.match(asked.join(), /^ping-[0-9a-f-]{36}$/)
  })
  for (const verb of ['set', 'get', 'destroy'] as const) {
    test(`the ping of fromExpressStore rejects when ${verb} fails, and leaves nothing that it can remove`, async () => {
      const { foreign, rows } = silentStore()
      const failure = new Error('NOREPLICAS')
      const fail = (...given: unknown[]): void => (given.at(-1) as (error: unknown) => void)(failure)
      const store = fromExpressStore({ ...foreign, [verb]: fail })
      await assert.rejects(store.ping() as Promise<void>, failure)
      await nextTurn()
      assert.equal(rows.size, verb === 'destroy' ? 1 : 0)
    })
  }
})
