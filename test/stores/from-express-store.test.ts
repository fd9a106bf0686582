import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import createPostgresStore from 'connect-pg-simple'
import expressSession from 'express-session'
import createMemoryStore from 'memorystore'
import { Pool } from 'pg'
import createFileStore from 'session-file-store'
import { SessionConfigError, SessionDecodeError } from '../../src/errors.ts'
import { fromExpressStore } from '../../src/stores/basic.ts'
import type { ExpressStore, ExpressStoreSession } from '../../src/stores/basic.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'

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

  test('tells each store in its own way how long to keep the session, from the present of the manager', async () => {
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
  test('gives stores a cookie with a toJSON, and a session that they may add to', async () => {
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
  test('keeps a session in the file, whole, until a minute after its end', async () => {
    const store = fromExpressStore(fileStore)
    const record = sampleRecord(Date.now())
    await store.create(record, record.createdAt)
    assert.ok((await readdir(folder)).includes(`${record.key}.json`))
    assert.equal(await store.delete(record.key), true)
    assert.ok(!(await readdir(folder)).includes(`${record.key}.json`))
  })
  test('takes the error ENOENT for an absent session, and every other one for a failure', async () => {
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
        async () => failing.create(sampleRecord(now), now),
        (reason: unknown) => reason === error,
      )
    }
  })
  test('takes no missing socket file of a database for an absent session', async () => {
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
    test(`rejects with an error ${name}`, async () => {
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
  test('believes the first of two calls, and ignores a rejection after it', async () => {
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
  test('holds up only the calls of one session when a store never calls back', async () => {
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
  test('takes sessions of other origin for damaged records, and quotes none', async () => {
    for (const session of [{}, { coatcheck: 'tell-nobody' }, { coatcheck: { a: 1 } }, 'tell-nobody', 7]) {
      const store = fromExpressStore(storeWith({ get: (_id, done) => done(null, session) }))
      await assert.rejects(
        async () => store.read('k', now),
        (error: unknown) => error instanceof SessionDecodeError && !/tell|nobody/.test(`${error.stack}`),
      )
      assert.equal(await store.create(sampleRecord(now), now), false)
    }
  })
  test('refuses what is no store', () => {
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
