import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { SqliteStore } from '../../src/stores/sqlite.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { countRows, drivers, useFolder } from './sqlite-drivers.ts'

const now = 1_800_000_000_000
const newPath = useFolder()

for (const [driver, open] of Object.entries(drivers)) {
  describe(`the ping of sqliteStore (${driver})`, () => {
    for (const mode of ['wal', 'delete']) {
      test(`the ping of sqliteStore (${driver}) leaves no row, and nothing that another connection sees, in mode ${mode}`, async () => {
        const path = newPath()
        const database = open(path)
        database.exec(`pragma journal_mode = ${mode}`)
        const store = sqliteStore(database)
        for (let count = 0; count < 3; count += 1) await store.ping()
        assert.equal(countRows(database), 0)
        await store.create(sampleRecord(now), now)
        await store.ping()
        assert.equal(countRows(database), 1)
        assert.equal((await store.enumerate(undefined, 10, 0)).records.length, 1)
        database.close()
      })
    }
    test(`the ping of sqliteStore (${driver}) rejects while the database is read-only, and then resolves`, async () => {
      const path = newPath()
      const database = open(path)
      const store = sqliteStore(database)
      await store.ping()
      const reader = open(path, { isReadOnly: true })
      await assert.rejects(async () => sqliteStore(reader).ping(), /readonly/)
      reader.close()
      database.exec('pragma query_only = on')
      await assert.rejects(async () => store.ping(), /readonly/)
      database.exec('pragma query_only = off')
      await store.ping()
      assert.equal(await store.create(sampleRecord(now), now), true)
      database.close()
    })
    test(`the ping of sqliteStore (${driver}) rejects while the database may not grow, and then resolves`, async () => {
      const database = open(newPath())
      const store = sqliteStore(database)
      await store.create(sampleRecord(now), now)
      database.exec('pragma max_page_count = 1')
      await assert.rejects(async () => store.ping(), /full/)
      assert.equal(countRows(database), 1)
      database.exec('pragma max_page_count = 1000000')
      await store.ping()
      database.close()
    })
    test(`the ping of sqliteStore (${driver}) rejects while another connection keeps the file locked, and then resolves`, async () => {
      const path = newPath()
      const database = open(path)
      database.exec('pragma busy_timeout = 0')
      const store = sqliteStore(database)
      await store.ping()
      const other = open(path)
      other.exec('begin immediate')
      await assert.rejects(async () => store.ping(), /locked/)
      other.exec('rollback')
      await store.ping()
      other.close()
      database.close()
    })
    test(`the ping of sqliteStore (${driver}) leaves a transaction of the application as it is`, async () => {
      const database = open(newPath())
      const store = sqliteStore(database)
      await store.ping()
      database.exec('create table orders (what text); begin; insert into orders values (1)')
      await store.ping()
      database.exec('rollback')
      assert.deepEqual(database.prepare('select * from orders').all(), [])
      assert.equal(countRows(database), 0)
      database.close()
    })
    for (const [name, isPath] of [
      ['a path', true],
      ['an open database', false],
    ] as const) {
      test(`the ping of sqliteStore (${driver}) rejects while the disk is full, and then resolves, with ${name}`, async (context) => {
        const folder = mountSmallDisk(context)
        if (folder === undefined) return context.skip('a tmpfs can be mounted by root only')
        const path = join(folder, 'sessions.db')
        const database = isPath ? undefined : open(path)
        database?.exec('pragma journal_mode = wal')
        const store = sqliteStore(database ?? path)
        await store.ping()
        fill(join(folder, 'other'))
        await fillStore(store)
        await assert.rejects(async () => store.ping(), /full|I\/O/)
        rmSync(join(folder, 'other'))
        await store.ping()
        assert.equal(await store.create(sampleRecord(now), now), true)
        await store.close()
        database?.close()
      })
    }
  })
}

describe('the ping of sqliteStore with a path', () => {
  test('the ping of sqliteStore with a path sees a disk that has become full although nothing else was written', async (context) => {
    const folder = mountSmallDisk(context)
    if (folder === undefined) return context.skip('a tmpfs can be mounted by root only')
    const store = sqliteStore(join(folder, 'sessions.db'))
    await store.create(sampleRecord(now), now)
    fill(join(folder, 'other'))
    await assert.rejects(async () => store.ping(), /full|I\/O/)
    rmSync(join(folder, 'other'))
    await store.ping()
    await store.close()
  })
})

/** A disk of 512 kB. */
function mountSmallDisk(context: TestContext): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder])
  context.after(() => {
    if (status === 0) spawnSync('umount', ['-l', folder])
    rmdirSync(folder)
  })
  return status === 0 ? folder : undefined
}

function fill(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(1_000_000))
  } catch {
    // As much as fits has been written.
  }
}

/** Until a session of 3 kB does not fit. */
async function fillStore(store: SqliteStore): Promise<void> {
  const data = JSON.stringify('x'.repeat(3000))
  try {
    for (;;) await store.create(sampleRecord(now, { data }), now)
  } catch (error) {
    assert.match(String(error), /full|I\/O/)
  }
}
