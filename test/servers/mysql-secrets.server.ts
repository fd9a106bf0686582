import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { expectationOf } from '../../src/contract/record.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { sampleChange, sampleRecord } from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { account, ask, mariadbEngine } from './mariadb.ts'
import { openPool } from './open-mysql.ts'

const now = Date.now()
const engine = mariadbEngine('mysql2')
const table = `${account.database}.coatcheck_sessions`

/** Changes to the table that make the server, or the driver, complain about a value; with what the server then says. */
const complaints: readonly [string, RegExp][] = [
  ['modify data varchar(4)', /Data too long/],
  ['modify created_at tinyint', /Out of range/],
  ['modify details int', /Incorrect integer value: '…'/],
  ['modify handle int not null', /Incorrect integer value: '…'/],
  [`add constraint short check (length(data) < 3)`, /CONSTRAINT/],
  ['drop details', /lacks a column/],
]

describe('what mysqlStore rejects with shows no value', { skip: missing(engine) }, () => {
  let running: RunningEngine
  let port = 0
  before(async () => {
    running = await engine.start()
    port = running.address.ports[0] ?? 0
  })
  after(() => running?.stop())

  for (const driver of ['mysql2', 'mariadb'] as const) {
    for (const [change, expected] of complaints) {
      test(`${change}, ${driver}`, async (context) => {
        const pool = await openPool(driver, port, 1)
        context.after(() => pool.close())
        const store = mysqlStore(pool.client)
        await ask(port, `drop table if exists ${table}`)
        await store.createSchema()
        await ask(port, `alter table ${table} ${change}`)
        const record = createSecretRecord()
        const error = await Promise.resolve(store.create(record, now)).then(() => undefined, toError)
        assert.match(String(error?.message), expected)
        assertShowsNothingOf(record, error)
      })
    }

    test(`a user id that is taken by a unique index, ${driver}`, async (context) => {
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const store = mysqlStore(pool.client)
      await ask(port, `drop table if exists ${table}`)
      await store.createSchema()
      await ask(port, `alter table ${table} add unique index one_each (user_id)`)
      const [first, second] = [createSecretRecord(), sampleRecord(now)]
      for (const record of [first, second]) await store.create(record, now)
      const taken = sampleChange(second, { userId: first.userId })
      const commit = async (): Promise<unknown> => store.commit(second.key, expectationOf(second), taken, now)
      const error = await commit().then(() => undefined, toError)
      assert.match(String(error?.message), /^Duplicate entry '…'$/)
      assertShowsNothingOf(first, error)
      assertShowsNothingOf(second, error)
    })

    test(`a trigger that tells what it found, ${driver}`, async (context) => {
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const store = mysqlStore(pool.client)
      await ask(port, `drop table if exists ${table}`)
      await store.createSchema()
      await ask(
        port,
        `create trigger ${account.database}.teller before insert on ${table} for each row
         signal sqlstate '45000' set message_text = new.user_id`,
      )
      const record = createSecretRecord()
      const error = await Promise.resolve(store.create(record, now)).then(() => undefined, toError)
      assert.match(String(error?.message), /^a trigger of the table raised an error$/)
      assertShowsNothingOf(record, error)
    })

    test(`a server that is gone, ${driver}`, async (context) => {
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const store = mysqlStore(pool.client)
      await running.servers[0]?.stop('SIGKILL')
      context.after(() => running.servers[0]?.start())
      const record = createSecretRecord()
      const error = await Promise.resolve(store.create(record, now)).then(() => undefined, toError)
      assert.ok(error instanceof Error)
      assertShowsNothingOf(record, error)
    })
  }
})

/** A record whose every text says so, with quotation marks such as a value may have itself. */
function createSecretRecord(): SessionRecord {
  return sampleRecord(now, {
    data: `{"card":"it's-nobody's-😀-business"}`,
    userId: `it's-nobody`,
    details: `it's "nobody" who`,
    handle: `nobody's`,
  })
}

function assertShowsNothingOf(record: SessionRecord, error: Error | undefined): void {
  const shown = inspect(error, { depth: 20, showHidden: true, getters: true }) + String(error?.stack)
  for (const text of [record.key, record.verifierHash, 'nobody', 'card']) {
    assert.ok(!shown.includes(text), shown)
    assert.ok(!shown.toLowerCase().includes(Buffer.from(text).toString('hex')), shown)
  }
}

function toError(error: unknown): Error {
  assert.ok(error instanceof Error)
  return error
}
