import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { SqliteStore } from '../../src/stores/sqlite.ts'
import { expectationOf, sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'
import { drivers, removeDatabase, useFolder } from './sqlite-drivers.ts'
import type { OpenedDatabase } from './sqlite-drivers.ts'

const now = 1_800_000_000_000
const newPath = useFolder()

describe('the files of sqliteStore with a path', () => {
  let umask = 0
  beforeEach(() => {
    umask = process.umask(0o022)
  })
  afterEach(() => void process.umask(umask))

  for (const toSource of [(path: string) => path, (path: string) => `file:${path}?mode=rwc`]) {
    test(`the files of sqliteStore with a path are for their owner only: ${toSource('…')}`, async () => {
      const path = newPath()
      const store = sqliteStore(toSource(path))
      await store.create(sampleRecord(now), now)
      assert.deepEqual(modesOf(path), { '': 0o600, '-wal': 0o600, '-shm': 0o600 })
      await store.close()
      assert.equal(statSync(path).mode & 0o777, 0o600)
    })
  }
  test('the files of sqliteStore with a path keep the mode that they were given', async () => {
    const path = newPath()
    writeFileSync(path, '')
    chmodSync(path, 0o640)
    const store = sqliteStore(path)
    await store.create(sampleRecord(now), now)
    assert.deepEqual(modesOf(path), { '': 0o640, '-wal': 0o640, '-shm': 0o640 })
    await store.close()
  })
  test('the files of sqliteStore with a path are not made in memory, nor where a URI says that they exist', async () => {
    const path = newPath()
    for (const source of [':memory:', 'file::memory:', `file:${path}?mode=memory`]) {
      const store = sqliteStore(source)
      await store.ping()
      await store.close()
    }
    await assert.rejects(async () => sqliteStore(`file:${path}?mode=rw`).ping(), { code: 'ERR_SQLITE_ERROR' })
    assert.equal(existsSync(path), false)
    assert.equal(existsSync(':memory:'), false)
  })
  test('the files of sqliteStore with a path are those of the working folder of the start', async (context) => {
    const path = newPath()
    const folder = process.cwd()
    process.chdir(dirname(path))
    context.after(() => process.chdir(folder))
    const store = sqliteStore(basename(path))
    process.chdir(folder)
    await store.ping()
    assert.ok(existsSync(path))
    await store.close()
  })
})

describe('what has ended is gone from the file once sqliteStore has been closed', () => {
  const endings: Readonly<Record<string, (store: SqliteStore, mark: string) => Promise<void>>> = {
    'by delete': async (store, data) => {
      const { key } = await stored(store, { data })
      await store.delete(key)
    },
    'by deleteByUser': async (store, data) => {
      const { owner = '' } = await stored(store, { data, userId: 'u_1' })
      await store.deleteByUser(owner, {}, now)
    },
    'by the limit': async (store, data) => {
      const { owner = '' } = await stored(store, { data, userId: 'u_1', lastSeenAt: now - 1 })
      await splitLimits(store).createWithin(sampleRecord(now, { userId: 'u_1', data: '{}' }), 1, now)
      assert.equal(await store.countByUser(owner, now), 1)
    },
    'by a sweep': async (store, data) => {
      await stored(store, { data, idleExpiresAt: now + 1 })
      await store.sweep(now + 1, 100)
    },
    'by a commit that no longer holds it': async (store, data) => {
      const record = await stored(store, { data })
      await store.commit(record.key, expectationOf(record), sampleChange(record, { data: '{}' }), now)
    },
  }
  for (const [name, end] of Object.entries(endings)) {
    for (const isShared of [false, true]) {
      test(`${name}${isShared ? ', also while another connection is open' : ''}`, async () => {
        const path = newPath()
        const [store, other] = [sqliteStore(path), sqliteStore(path)]
        if (isShared) await other.ping()
        for (const length of [0, 6000]) {
          const stays = JSON.stringify(`who stays ${'x'.repeat(length)} who stays`)
          for (let count = 0; count < 20; count += 1) await stored(store, { data: stays })
          await end(store, stays.replaceAll('stays', 'is gone'))
        }
        await store.close()
        const contents = readdirSync(dirname(path))
          .filter((file) => file.startsWith(basename(path)))
          .map((file) => readFileSync(`${dirname(path)}/${file}`, 'latin1'))
        assert.ok(contents.some((content) => content.includes('who stays')))
        assert.ok(!contents.some((content) => content.includes('who is gone')))
        await other.close()
      })
    }
  }
})

describe('sqliteStore notices that its file', () => {
  const troubles: Readonly<Record<string, readonly [harm: (path: string) => void, message: RegExp]>> = {
    'was deleted': [removeDatabase, /the file .* was deleted or replaced/],
    'was moved': [(path) => renameSync(path, `${path}.moved`), /the file .* was deleted or replaced/],
    'was replaced': [replace, /the file .* was deleted or replaced/],
    'has lost its write-ahead log': [
      (path) => rmSync(`${path}-wal`),
      /the write-ahead log .* was deleted or/,
    ],
    'was closed by another copy of SQLite': [closeElsewhere, /the write-ahead log .* was deleted or/],
  }
  for (const [name, [harm, message]] of Object.entries(troubles)) {
    test(`sqliteStore notices that its file ${name}, at ping and at a sweep, and works with what is there afterwards`, async () => {
      for (const look of [(store: SqliteStore) => store.ping(), (store: SqliteStore) => store.sweep(0, 10)]) {
        const path = newPath()
        const store = sqliteStore(path)
        const { key } = await stored(store)
        harm(path)
        assert.ok(await store.read(key, now), 'reads go on')
        await assert.rejects(async () => look(store), message)
        await look(store)
        const record = await stored(store)
        const other = sqliteStore(path)
        assert.deepEqual(await other.read(record.key, now), record)
        await other.close()
        await store.close()
      }
    })
    test(`sqliteStore notices that its file ${name}, before each verb that writes, a second after the last look`, async (context) => {
      const clock = holdClock(context)
      for (const write of writes) {
        const path = newPath()
        const store = sqliteStore(path)
        await stored(store)
        harm(path)
        clock.advance(999)
        await write(store)
        clock.advance(1)
        await assert.rejects(async () => write(store), message)
        await write(store)
        await store.close()
      }
    })
  }
  test('sqliteStore notices that its file was replaced, and leaves the log of the new one alone', async () => {
    const path = newPath()
    const [store, newer] = [sqliteStore(path), sqliteStore(path)]
    await stored(store)
    removeDatabase(path)
    const record = await stored(newer)
    await assert.rejects(async () => store.ping(), /deleted or replaced/)
    assert.ok(existsSync(`${path}-wal`))
    assert.deepEqual(await store.read(record.key, now), record)
    await store.close()
    await newer.ping()
    await newer.close()
  })
  for (const [driver, open] of Object.entries(drivers)) {
    for (const mode of ['wal', 'delete']) {
      test(`sqliteStore notices that its file was replaced, if the application has opened it, in mode ${mode} (${driver})`, async () => {
        const path = newPath()
        const database = open(path)
        database.exec(`pragma journal_mode = ${mode}`)
        const store = sqliteStore(database)
        const { key } = await stored(store)
        renameSync(path, `${path}.away`)
        await assert.rejects(async () => store.ping(), /deleted or replaced/)
        assert.ok(await store.read(key, now))
        await assert.rejects(async () => stored(store), /deleted or replaced/)
        await assert.rejects(async () => store.delete(key), /deleted or replaced/)
        renameSync(`${path}.away`, path)
        await store.ping()
        assert.equal(await store.delete(key), true)
        database.close()
      })
    }
    test(`sqliteStore notices that its file is in its place, whatever the application does with its own journal (${driver})`, async (context) => {
      const clock = holdClock(context)
      const path = newPath()
      const database = open(path)
      const store = sqliteStore(database)
      for (const mode of ['wal', 'delete', 'wal', 'truncate', 'wal']) {
        database.exec(`pragma journal_mode = ${mode}`)
        clock.advance(1000)
        await stored(store)
        await store.ping()
      }
      database.close()
    })
  }
  test('sqliteStore notices that its file is in its place, whatever other processes and connections do', async (context) => {
    const clock = holdClock(context)
    const path = newPath()
    const [store, other] = [sqliteStore(path), sqliteStore(path)]
    await stored(store)
    for (const sql of ['vacuum', 'pragma wal_checkpoint(truncate)', 'select 1']) {
      await stored(other)
      const third = drivers['node:sqlite']?.(path) as OpenedDatabase
      third.exec(sql)
      third.close()
      clock.advance(1000)
      await stored(store)
      await store.ping()
    }
    await other.close()
    await store.ping()
    await store.close()
  })
})

/** Every verb that writes. */
const writes: readonly ((store: SqliteStore) => unknown)[] = [
  (store) => store.create(sampleRecord(now), now),
  (store) => store.commit('key', { version: 1, commitId: 'id' }, sampleChange(sampleRecord(now)), now),
  (store) => store.touch('key', now, now, now),
  (store) => store.delete('key'),
  (store) => store.delete('key', null),
  (store) => store.deleteByHandle('owner', 'handle', now),
  (store) => store.deleteByUser('owner', {}, now),
  (store) => splitLimits(store).createWithin(sampleRecord(now, { userId: 'u_1' }), 5, now),
  (store) =>
    splitLimits(store).commitWithin(
      'key',
      { version: 1, commitId: 'id' },
      sampleChange(sampleRecord(now)),
      5,
      now,
    ),
]

async function stored(
  store: SqliteStore,
  overrides?: Parameters<typeof sampleRecord>[1],
): Promise<ReturnType<typeof sampleRecord>> {
  const record = sampleRecord(now, overrides)
  assert.equal(await store.create(record, now), true)
  return record
}

/** A backup is moved over the file, as a careful restore does it. */
function replace(path: string): void {
  const database = drivers['node:sqlite']?.(path) as OpenedDatabase
  database.exec(`vacuum into '${path}.backup'`)
  database.close()
  renameSync(`${path}.backup`, path)
  for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
}

function closeElsewhere(path: string): void {
  const database = drivers['better-sqlite3']?.(path) as OpenedDatabase
  database.exec('create table if not exists orders (what text)')
  database.close()
}

/** The monotonic clock, held still. */
function holdClock(context: TestContext): { advance(milliseconds: number): void } {
  let instant = performance.now()
  context.mock.method(performance, 'now', () => instant)
  return { advance: (milliseconds) => void (instant += milliseconds) }
}

function modesOf(path: string): Record<string, number> {
  return Object.fromEntries(['', '-wal', '-shm'].map((end) => [end, statSync(path + end).mode & 0o777]))
}
