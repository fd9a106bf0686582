import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { deleteInBatches } from '../../src/stores/sqlite/sqlite-delete-in-batches.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { SqliteDatabase, SqliteStore } from '../../src/stores/sqlite.ts'
import { expectationOf, sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'
import { countRows, drivers, useFolder } from './sqlite-drivers.ts'

const now = 1_800_000_000_000
const newPath = useFolder()
const { owner = '' } = sampleRecord(now, { userId: 'u_1' })

describe('a step that deletes', () => {
  test('a step that deletes ends when its time is up, and deletes as many rows as fit, however long each takes', (context) => {
    const sizes = { 0.01: 380, 0.1: 40, 0.35: 11, 1: 4, 10: 4 }
    for (const [milliseconds, deleted] of Object.entries(sizes)) {
      const clock = holdClock(context)
      const start = performance.now()
      const step = deleteInBatches((size) => {
        clock.advance(size * Number(milliseconds))
        return Array.from({ length: size }, () => 'row')
      })
      assert.equal(step.hasMore, true)
      assert.ok(Math.abs(step.rows.length - deleted) <= deleted / 10, `${milliseconds}: ${step.rows.length}`)
      assert.ok(performance.now() - start <= Math.max(4.001, 4 * Number(milliseconds)))
    }
  })
  test('a step that deletes ends when nothing is left, or as many are deleted as it may', () => {
    const all = Array.from({ length: 100 }, (_, index) => index)
    assert.deepEqual(deleteInBatches(deleteFrom([])), { rows: [], hasMore: false })
    assert.deepEqual(deleteInBatches(deleteFrom([...all]), 7), { rows: all.slice(0, 7), hasMore: true })
    assert.deepEqual(deleteInBatches(deleteFrom(all.slice(0, 3)), 1000), {
      rows: all.slice(0, 3),
      hasMore: false,
    })
  })
  test('a step that deletes tells what it has deleted before it failed, and fails if that is nothing', (context) => {
    holdClock(context)
    let calls = 0
    const failAt = (count: number) => (size: number) => {
      calls += 1
      if (calls === count) throw new Error('locked')
      return Array.from({ length: size }, () => 'row')
    }
    assert.throws(() => deleteInBatches(failAt(1)), /locked/)
    calls = 0
    assert.deepEqual(deleteInBatches(failAt(2)), { rows: ['row', 'row', 'row', 'row'], hasMore: true })
  })
})

for (const [driver, open] of Object.entries(drivers)) {
  describe(`sqliteStore in steps (${driver})`, () => {
    test(`sqliteStore in steps (${driver}) ends all sessions of a user, and each handle is told once`, async (context) => {
      const { database, clock, store } = slowStore(context, open(newPath()))
      const handles = await fill(store, 300)
      await store.create(sampleRecord(now, { userId: 'u_2' }), now)
      const kept = await store.listByUser(owner, { limit: 1 }, now)
      const told: string[] = []
      let steps = 0
      let cursor: string | undefined
      do {
        const start = clock.now()
        const ended = await store.deleteByUser(owner, { except: kept[0]?.key, cursor }, now)
        assert.ok(clock.now() - start <= 5, `${clock.now() - start} ms`)
        told.push(...ended.handles)
        cursor = ended.cursor
        steps += 1
      } while (cursor !== undefined)
      assert.ok(steps >= 30)
      assert.deepEqual([...told, kept[0]?.handle].toSorted(), handles.toSorted())
      assert.equal(countRows(database), 2)
      database.close()
    })
    test(`sqliteStore in steps (${driver}) sweeps what has expired, and tells while there is more`, async (context) => {
      const { database, clock, store } = slowStore(context, open(newPath()))
      await fill(store, 100)
      let steps = 1
      for (let start = clock.now(); await store.sweep(now + 1e9, 1000); steps += 1) {
        assert.ok(clock.now() - start <= 5)
        start = clock.now()
      }
      assert.ok(steps >= 10)
      assert.equal(countRows(database), 0)
      database.close()
    })
  })

  describe(`the limit of sessions of a user (${driver})`, () => {
    test(`the limit of sessions of a user (${driver}) ends nothing when it cannot write, and writes nothing when it cannot end`, async () => {
      const database = open(newPath())
      const store = sqliteStore(database)
      const [first, second] = [await stored(store, now - 2), await stored(store, now - 1)]
      const third = sampleRecord(now, { userId: 'u_1' })
      database.exec(
        `create trigger guard before delete on coatcheck_sessions begin select raise(abort, 'kept'); end`,
      )
      await assert.rejects(async () => splitLimits(store).createWithin(third, 2, now), /kept/)
      await assert.rejects(async () => commitWithin(store, second, 1), /kept/)
      database.exec('drop trigger guard')
      assert.equal(await store.read(third.key, now), undefined)
      assert.deepEqual(await store.read(second.key, now), second)
      assert.deepEqual(await splitLimits(store).createWithin(second, 1, now), {
        isWritten: false,
        evicted: [],
      })
      assert.deepEqual(await splitLimits(store).createWithin(third, 2, now), {
        isWritten: true,
        evicted: [first.handle],
      })
      database.exec('begin') // nothing is under way any more
      database.exec('rollback')
      database.close()
    })
    test(`the limit of sessions of a user (${driver}) belongs to the transaction that the application has begun`, async () => {
      const database = open(newPath())
      const store = sqliteStore(database)
      const first = await stored(store, now - 1)
      const second = sampleRecord(now, { userId: 'u_1' })
      database.exec('begin')
      assert.deepEqual(await splitLimits(store).createWithin(second, 1, now), {
        isWritten: true,
        evicted: [first.handle],
      })
      database.exec('rollback')
      assert.deepEqual(await store.read(first.key, now), first)
      assert.equal(await store.read(second.key, now), undefined)
      database.close()
    })
    test(`the limit of sessions of a user (${driver}) is kept once another connection lets go of the file, and counts what that one has written`, async () => {
      const path = newPath()
      const [database, other] = [open(path), open(path)]
      for (const each of [database, other]) each.exec('pragma journal_mode = wal; pragma busy_timeout = 0')
      const [store, peer] = [sqliteStore(database), sqliteStore(other)]
      const first = await stored(store, now - 2)
      other.exec('begin immediate')
      const second = await stored(peer, now - 1)
      const answer = splitLimits(store).createWithin(sampleRecord(now, { userId: 'u_1' }), 2, now)
      assert.ok(answer instanceof Promise)
      other.exec('commit')
      assert.deepEqual(await answer, { isWritten: true, evicted: [first.handle] })
      assert.equal(await store.countByUser(owner, now), 2)
      const committed = commitWithin(store, second, 1)
      assert.equal((await committed).evicted.length, 1)
      other.close()
      database.close()
    })
  })
}

test('what a list reads is not behind the data of a row, nor behind other long texts', async () => {
  const database = drivers['node:sqlite']?.(newPath()) as SqliteDatabase
  await sqliteStore(database).ping()
  const names = database.prepare(`select name from pragma_table_info('coatcheck_sessions')`).all()
  assert.deepEqual(
    names.slice(-3).map((row) => (row as { name: string }).name),
    ['details', 'commit_ids', 'data'],
  )
})

function deleteFrom(rows: number[]): (size: number) => readonly number[] {
  return (size) => rows.splice(0, size)
}

async function stored(store: SqliteStore, lastSeenAt: number): Promise<ReturnType<typeof sampleRecord>> {
  const record = sampleRecord(now, { userId: 'u_1', lastSeenAt })
  assert.equal(await store.create(record, now), true)
  return record
}

async function commitWithin(
  store: SqliteStore,
  record: ReturnType<typeof sampleRecord>,
  limit: number,
): Promise<{ readonly evicted: readonly string[] }> {
  return splitLimits(store).commitWithin(record.key, expectationOf(record), sampleChange(record), limit, now)
}

async function fill(store: SqliteStore, count: number): Promise<readonly string[]> {
  const records = Array.from({ length: count }, () => sampleRecord(now, { userId: 'u_1' }))
  for (const record of records) assert.equal(await store.create(record, now), true)
  return records.map(({ handle }) => handle)
}

/** A store for which each row that it deletes takes half a millisecond. */
function slowStore<Database extends SqliteDatabase>(
  context: TestContext,
  database: Database,
): { database: Database; clock: HeldClock; store: SqliteStore } {
  const clock = holdClock(context)
  database.exec('pragma synchronous = off')
  const slow: SqliteDatabase = {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql)
      const all = (...parameters: (string | number | null)[]): unknown[] => {
        const rows = statement.all(...parameters)
        if (/^\s*delete/.test(sql)) clock.advance(rows.length / 2)
        return rows
      }
      return { get: (...parameters) => statement.get(...parameters), all }
    },
  }
  return { database, clock, store: sqliteStore(slow) }
}

interface HeldClock {
  now(): number
  advance(milliseconds: number): void
}

/** The monotonic clock, held still. */
function holdClock(context: TestContext): HeldClock {
  let instant = 1000
  context.mock.method(performance, 'now', () => instant)
  return { now: () => instant, advance: (milliseconds) => void (instant += milliseconds) }
}
