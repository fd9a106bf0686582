import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, rmdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { ListedRecord } from '../../src/contract/capabilities.ts'
import { SessionConfigError, SessionDecodeError, SessionStateError } from '../../src/contract/errors.ts'
import { openFile } from '../../src/stores/sqlite/sqlite-open.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import type { SqliteDatabase, SqliteStore, SqliteStoreOptions } from '../../src/stores/sqlite.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'

interface OpenedDatabase extends SqliteDatabase {
  close(): unknown
}

interface BetterDatabase extends OpenedDatabase {
  defaultSafeIntegers(isOn: boolean): BetterDatabase
}

const otherOptions = {
  readBigInts: true,
  returnArrays: true,
  allowBareNamedParameters: false,
  allowUnknownNamedParameters: true,
  enableDoubleQuotedStringLiterals: true,
  enableForeignKeyConstraints: false,
}

const now = 1_800_000_000_000
const BetterSqlite = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => BetterDatabase
let folder = ''
let files = 0

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coatcheck-sqlite-'))
})
after(() => rm(folder, { recursive: true, force: true }))

function newPath(): string {
  files += 1
  return join(folder, `sessions-${files}.db`)
}

const flavours = {
  'a path': { make: () => ({ source: newPath(), end: () => {} }) },
  'a database of node:sqlite': { make: () => ownedBy(new DatabaseSync(':memory:')) },
  'a database of node:sqlite that returns bigint': {
    make: () => ownedBy(new DatabaseSync(':memory:', { readBigInts: true })),
  },
  'a database of node:sqlite that returns arrays': {
    make: () => ownedBy(new DatabaseSync(':memory:', { returnArrays: true })),
  },
  'a database of node:sqlite with every other option': {
    make: () => ownedBy(new DatabaseSync(':memory:', otherOptions)),
  },
  'a database of better-sqlite3': { make: () => ownedBy(new BetterSqlite(newPath())) },
  'a database of better-sqlite3 that returns bigint': {
    make: () => ownedBy(new BetterSqlite(':memory:').defaultSafeIntegers(true)),
  },
}

function ownedBy(database: OpenedDatabase): { source: SqliteDatabase; end: () => void } {
  return { source: database, end: () => void database.close() }
}

for (const [flavour, { make }] of Object.entries(flavours)) {
  describe(`sqliteStore with ${flavour} keeps the contract`, () => {
    for (const storeCase of casesFor(sqliteStore(':memory:'))) {
      test(storeCase.name, async () => {
        const { source, end } = make()
        const store = sqliteStore(source)
        await storeCase.run(storeCaseContext(store)).finally(async () => store.close())
        end()
      })
    }
  })
}

describe('sqliteStore with a path', () => {
  test('sqliteStore with a path opens the file at the first use, in WAL mode, with the table and its indexes', async () => {
    const path = newPath()
    const store = sqliteStore(path, { table: 'visitors' })
    assert.throws(() => new DatabaseSync(path, { readOnly: true }))
    await store.create(sampleRecord(now), now)
    const database = new DatabaseSync(path)
    assert.equal(database.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal')
    const names = database.prepare('select name from sqlite_schema where sql is not null order by name').all()
    assert.deepEqual(
      names.map(({ name }) => name),
      ['visitors', 'visitors_end', 'visitors_owner'],
    )
    database.close()
    await store.close()
  })
  test('sqliteStore with a path finds the record after the file was closed and reopened', async () => {
    const path = newPath()
    const record = sampleRecord(now, { userId: 'u_1', details: 'phone' })
    const first = sqliteStore(path)
    await first.create(record, now)
    await first.close()
    const second = sqliteStore(path, { synchronous: 'full' })
    assert.deepEqual(await second.read(record.key, now), record)
    await second.close()
  })
  test('two tables in one file are two stores', async () => {
    const path = newPath()
    const shop = sqliteStore(path, { table: 'shop' })
    const admin = sqliteStore(path, { table: 'order' })
    const record = sampleRecord(now)
    await shop.create(record, now)
    assert.equal(await admin.read(record.key, now), undefined)
    await shop.close()
    await admin.close()
  })
  test('sqliteStore with a path refuses to work after close, which can be called before any use', async () => {
    const store = sqliteStore(newPath())
    await store.close()
    await assert.rejects(async () => store.read('key', now), isClosedError)
    await assert.rejects(async () => store.create(sampleRecord(now), now), isClosedError)
    await assert.rejects(async () => store.sweep(now, 10), isClosedError)
    await assert.rejects(async () => store.ping(), isClosedError)
  })
  test("sqliteStore with a path fails with the driver's error and retries at the next use", async () => {
    const path = newPath()
    mkdirSync(path)
    const store = sqliteStore(path)
    await assert.rejects(async () => store.ping(), { code: 'ERR_SQLITE_ERROR' })
    rmdirSync(path)
    await store.ping()
    await store.close()
  })
  test('sqliteStore with a path closes the file again when the table cannot be created', async (context) => {
    const path = newPath()
    const database = new DatabaseSync(path)
    database.exec('create table other (key); create index coatcheck_sessions on other (key)')
    database.close()
    const close = context.mock.method(DatabaseSync.prototype, 'close')
    await assert.rejects(async () => sqliteStore(path).ping(), { code: 'ERR_SQLITE_ERROR' })
    assert.equal(close.mock.callCount(), 1)
  })
  test('sqliteStore with a path takes a file: URL as SQLite does', async () => {
    const store = sqliteStore(`file:${newPath()}?mode=rwc`)
    await store.ping()
    await store.close()
  })
  test('sqliteStore with a path uses its indexes', async () => {
    const path = newPath()
    const store = sqliteStore(path)
    await store.ping()
    const database = new DatabaseSync(path)
    const plan = (sql: string): string => JSON.stringify(database.prepare(`explain query plan ${sql}`).all())
    const table = 'coatcheck_sessions'
    const end = 'min(idle_expires_at, ends_at)'
    assert.match(
      plan(`select key from ${table} where ${end} <= 5 limit 9`),
      /SEARCH .*coatcheck_sessions_end/,
    )
    const ofOwner = `from ${table} where owner = 'o'`
    const page = plan(
      `select * ${ofOwner} and (ends_at, handle) > (5, 'h') and ${end} > 5 order by ends_at, handle`,
    )
    assert.match(page, /SEARCH .*coatcheck_sessions_owner \(owner=\? AND \(ends_at,handle\)>/)
    assert.doesNotMatch(page, /TEMP B-TREE/)
    assert.match(plan(`delete ${ofOwner} and handle = 'h'`), /SEARCH .*coatcheck_sessions_owner/)
    assert.match(plan(`select key ${ofOwner} and key <> 'k' limit 9`), /SEARCH .*coatcheck_sessions_owner/)
    database.close()
    await store.close()
  })
  for (const Database of [DatabaseSync, BetterSqlite]) {
    test('sqliteStore with a path waits, without an error, for another connection that has locked the file', async () => {
      const path = newPath()
      const database = new Database(path)
      database.exec('pragma busy_timeout = 0')
      const store = sqliteStore(database)
      const record = sampleRecord(now)
      await store.create(record, now)
      // Of the same driver: two copies of SQLite in one process do not see each other's locks.
      const other = new Database(path)
      other.exec('begin immediate')
      const answer = store.delete(record.key)
      assert.ok(answer instanceof Promise)
      other.exec('commit')
      assert.equal(await answer, true)
      other.exec('begin immediate')
      await assert.rejects(async () => store.delete(record.key), /locked/)
      other.close()
      database.close()
    })
  }
  for (const Database of [DatabaseSync, BetterSqlite]) {
    test('sqliteStore with a path tries again whatever more SQLite says about the lock', async () => {
      const path = newPath()
      const database = new Database(path)
      database.exec('pragma journal_mode = wal')
      const store = sqliteStore(database)
      const record = sampleRecord(now)
      await store.create(record, now)
      const other = new Database(path)
      // What this transaction has read is out of date, which is SQLITE_BUSY_SNAPSHOT, until it ends.
      database.exec('begin')
      await store.read(record.key, now)
      other.exec('update coatcheck_sessions set version = 2')
      const answer = store.delete(record.key)
      database.exec('rollback')
      assert.equal(await answer, true)
      other.close()
      database.close()
    })
  }
  test('two processes with 200 commits each to one record lose none', { timeout: 60_000 }, async () => {
    const path = newPath()
    const store = sqliteStore(path)
    const record = sampleRecord(Date.now(), { data: '0', idleExpiresAt: Date.now() + 3_600_000 })
    await store.create(record, Date.now())
    await store.close()
    await Promise.all([runChild(path, record.key), runChild(path, record.key)])
    const reader = sqliteStore(path)
    const last = await reader.read(record.key, Date.now())
    assert.equal(last?.data, '400')
    assert.equal(last?.version, 401)
    await reader.close()
  })
})

describe('sqliteStore with a path', () => {
  for (const [synchronous, level] of [
    ['normal', 1],
    ['full', 2],
  ] as const) {
    test(`sqliteStore with a path sets synchronous to ${synchronous}`, () => {
      const database = new DatabaseSync(newPath())
      const connection = openFile(() => database, newPath(), {
        table: 'coatcheck_sessions',
        sweepEvery: 600_000,
        synchronous,
      })
      assert.deepEqual({ ...database.prepare('pragma synchronous').get() }, { synchronous: level })
      connection.close()
    })
  }
})

describe('sqliteStore with an open database', () => {
  test('sqliteStore with an open database leaves its settings alone and does not close it', async () => {
    const database = new DatabaseSync(newPath())
    const settings = (): unknown[] =>
      ['journal_mode', 'synchronous', 'busy_timeout'].map((name) => database.prepare(`pragma ${name}`).get())
    const before = settings()
    const store = sqliteStore(database)
    await store.create(sampleRecord(now), now)
    assert.deepEqual(settings(), before)
    await store.close()
    assert.equal(database.prepare('select count(*) as rows from coatcheck_sessions').get()?.['rows'], 1)
    database.close()
  })
  test('sqliteStore with an open database takes any object with exec and prepare', () => {
    const database: SqliteDatabase = new DatabaseSync(':memory:')
    assert.equal(sqliteStore(database, { sweepEvery: '1h' }).sweepEvery, 3_600_000)
  })
})

describe('sqliteStore fails on rows that another program wrote', () => {
  const secret = 'tell-nobody'
  const damages = [
    `commit_ids = '["${secret}"'`,
    `commit_ids = '{"a":"${secret}"}'`,
    `commit_ids = '[1]'`,
    `version = '${secret}'`,
    `created_at = '${secret}'`,
    `data = x'00'`,
    `user_id = x'00'`,
  ]
  for (const damage of damages) {
    test(damage.replaceAll(secret, '…'), async () => {
      const database = new DatabaseSync(':memory:')
      const store = sqliteStore(database)
      const record = sampleRecord(now, { userId: 'u_1' })
      await store.create(record, now)
      database.exec(`update coatcheck_sessions set ${damage}`)
      await assert.rejects(
        async () => store.read(record.key, now),
        (error: unknown) => {
          assert.ok(error instanceof SessionDecodeError)
          assert.equal(error.cause, undefined)
          assert.doesNotMatch(`${error.message} ${error.stack}`, /tell|nobody/)
          return true
        },
      )
      assert.equal(await store.delete(record.key), true)
    })
  }

  test('but lists them for their user, so that they can be revoked like the others', async () => {
    for (const damage of [`version = '${secret}'`, `created_at = '${secret}'`, `user_id = x'00'`]) {
      const { store, database, damaged, sound } = await storeTwo()
      database.prepare(`update coatcheck_sessions set ${damage} where key = ?`).run(damaged.key)
      const listed = await store.listByUser(owner, { limit: 9 }, now)
      const formats = new Map(listed.map(({ handle, format }) => [handle, format]))
      assert.deepEqual([formats.get(damaged.handle), formats.get(sound.handle)], [0, 2], damage)
      assert.equal(await store.deleteByHandle(owner, damaged.handle, now), true)
      assert.equal(await store.countByUser(owner, now), 1)
    }
  })
  test('and lists the others where a row has lost its place, or holds a number that is none here', async () => {
    for (const damage of [
      `handle = x'00'`,
      `key = x'00'`,
      `ends_at = '${secret}'`,
      `idle_timeout = ${2n ** 62n}`,
    ]) {
      const { store, database, damaged, sound } = await storeTwo()
      database.prepare(`update coatcheck_sessions set ${damage} where key = ?`).run(damaged.key)
      const listed: ListedRecord[] = []
      let page: readonly ListedRecord[]
      do {
        page = await store.listByUser(owner, { limit: 1, after: listed.at(-1) }, now)
        listed.push(...page)
        assert.ok(listed.length <= 2, 'no page begins where an earlier one did')
      } while (page.length > 0)
      assert.ok(
        listed.some(({ handle }) => handle === sound.handle),
        damage,
      )
      assert.deepEqual((await store.deleteByUser(owner, {}, now)).cursor, undefined)
      assert.equal(database.prepare('select count(*) as rows from coatcheck_sessions').get()?.['rows'], 0)
    }
  })
})

const { owner = '' } = sampleRecord(now, { userId: 'u_1' })

async function storeTwo(): Promise<{
  store: SqliteStore
  database: DatabaseSync
  damaged: SessionRecord
  sound: SessionRecord
}> {
  const database = new DatabaseSync(':memory:')
  const store = sqliteStore(database)
  const [damaged, sound] = [sampleRecord(now, { userId: 'u_1' }), sampleRecord(now, { userId: 'u_1' })]
  for (const record of [damaged, sound]) await store.create(record, now)
  return { store, database, damaged, sound }
}

describe('sqliteStore refuses', () => {
  for (const Database of [DatabaseSync, BetterSqlite]) {
    test(`sqliteStore refuses a table of another layout, and says what to do (${Database.name})`, async () => {
      const database = new Database(newPath())
      database.exec(`
        create table coatcheck_sessions (key text primary key not null, user_id text, created_at integer);
        create index coatcheck_sessions_user on coatcheck_sessions (user_id, created_at)`)
      const store = sqliteStore(database)
      await assert.rejects(
        async () => store.read('key', now),
        (error: unknown) =>
          error instanceof SessionConfigError &&
          /sqliteStore\.table: "coatcheck_sessions" exists without the columns .*owner.*drop table "coatcheck_sessions"/.test(
            error.message,
          ),
      )
      database.exec('drop table coatcheck_sessions')
      await store.ping()
      database.close()
    })
  }
  test('sqliteStore refuses a database that returns rows as something else than objects, when it is first used', async () => {
    for (const [rows, word] of [
      [[[1]], 'arrays'],
      [[1], 'a number'],
    ] as const) {
      const store = sqliteStore({ exec() {}, prepare: () => ({ get: () => rows[0], all: () => [...rows] }) })
      await assert.rejects(
        async () => store.ping(),
        (error: unknown) =>
          error instanceof SessionConfigError &&
          error.message.includes(`returns rows as ${word}`) &&
          error.message.includes('returnArrays'),
      )
    }
  })
  const refused: readonly [unknown, unknown, RegExp][] = [
    [':memory:', { table: 'a"; drop table x; --' }, /sqliteStore\.table: received 'a"; drop table x; --'/],
    [':memory:', { table: '' }, /sqliteStore\.table: received ''/],
    [':memory:', { table: '1st' }, /sqliteStore\.table/],
    [':memory:', { table: 'a'.repeat(64) }, /sqliteStore\.table/],
    [':memory:', { table: 'SQLite_x' }, /sqliteStore\.table/],
    [':memory:', { table: 'a\n' }, /sqliteStore\.table/],
    [':memory:', { table: 5 }, /sqliteStore\.table: received 5/],
    [
      ':memory:',
      { tableName: 'a' },
      /sqliteStore\.tableName: unknown option\. Allowed are table, sweepEvery/,
    ],
    [':memory:', { sweep_every: '1h' }, /Did you mean 'sweepEvery'\?/],
    [':memory:', { sweepEvery: '25h' }, /sqliteStore\.sweepEvery/],
    [
      ':memory:',
      { synchronous: 'off' },
      /sqliteStore\.synchronous: received 'off'; allowed is 'normal' or 'full'/,
    ],
    [
      { exec() {}, prepare() {} },
      { synchronous: 'full' },
      /a database that you opened keeps its own settings/,
    ],
    ['', {}, /sqliteStore: received ''/],
    ['no-such-folder/shop.sqlite', {}, /sqliteStore: received 'no-such-folder.*a folder that exists/],
    [{ exec() {} }, {}, /sqliteStore: received object; allowed is the path of a file, or a database/],
    [null, {}, /sqliteStore: received null/],
  ]
  for (const [source, options, message] of refused) {
    test(`sqliteStore refuses ${JSON.stringify(source)} with ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => sqliteStore(source as string, options as SqliteStoreOptions),
        (error: unknown) => error instanceof SessionConfigError && message.test(error.message),
      )
    })
  }
  test('sqliteStore refuses a path where the runtime has no SQLite, and only then', (context) => {
    context.mock.method(process, 'getBuiltinModule', () => undefined)
    assert.throws(
      () => sqliteStore(':memory:'),
      (error: unknown) => error instanceof SessionConfigError && /no SQLite of its own/.test(error.message),
    )
    sqliteStore({ exec() {}, prepare: () => ({ get: () => undefined, all: () => [] }) })
  })
})

async function runChild(path: string, key: string): Promise<void> {
  const script = join(import.meta.dirname, 'commit-in-child.ts')
  await promisify(execFile)(process.execPath, [script, path, key, '200'])
}

function isClosedError(error: unknown): boolean {
  return error instanceof SessionStateError && /closed/.test(error.message)
}
