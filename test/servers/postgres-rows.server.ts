import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { Client, Pool } from 'pg'
import postgres from 'postgres'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { SessionConfigError, SessionDecodeError } from '../../src/contract/errors.ts'
import { expectationOf } from '../../src/contract/record.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import type { PostgresStore } from '../../src/stores/postgres.ts'
import { sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { pools } from './postgres-pools.ts'
import type { OpenedPool } from './postgres-pools.ts'

const now = Date.now()
const secret = 'tell-nobody'
const [engine] = postgresEngines as [Engine]

/** Whether a list shows the column. */
const isListedDamage = (damage: string): boolean => !damage.startsWith('commit_ids')

/** A `transform.value` of postgres.js. */
const alterValue = (value: unknown): unknown =>
  typeof value === 'string' ? value.trim() : (value ?? undefined)

for (const [driver, openPool] of Object.entries(pools)) {
  describe(`rows and errors of postgresStore, ${driver}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let opened: OpenedPool
    let store: PostgresStore
    let administrator: Client

    before(async () => {
      running = await engine.start()
      opened = openPool(running.address)
      store = opened.store
      administrator = new Client({ ...connectionOf(running.address), user: 'postgres' })
      await administrator.connect()
    })
    after(async () => {
      await administrator?.end()
      await opened?.close()
      await running?.stop()
    })

    const damages = [
      `commit_ids = '["${secret}"'`,
      `commit_ids = '{"a":"${secret}"}'`,
      `commit_ids = '[1]'`,
      `commit_ids = '${secret}'`,
      `version = 9223372036854775807`,
    ]
    for (const damage of damages) {
      test(`a row that another program wrote is an error that shows no value: ${damage.replace(secret, '…')}`, async () => {
        const [damaged, sound] = [sampleRecord(now, { userId: 'u_1' }), sampleRecord(now, { userId: 'u_1' })]
        for (const record of [damaged, sound]) await store.create(record, now)
        await administrator.query(`update coatcheck_sessions set ${damage} where key = $1`, [damaged.key])
        await assert.rejects(
          async () => store.read(damaged.key, now),
          (error: unknown) => {
            assert.ok(error instanceof SessionDecodeError)
            assert.doesNotMatch(inspect(error, { showHidden: true }), /tell|nobody|922/)
            return true
          },
        )
        assert.equal(
          await store.commit(damaged.key, expectationOf(damaged), sampleChange(damaged), now),
          false,
        )
        const owner = sampleOwner('u_1')
        const listed = await store.listByUser(owner, { limit: 10 }, now)
        const formats = new Map(listed.map(({ key, format }) => [key, format]))
        assert.deepEqual(
          [formats.get(damaged.key), formats.get(sound.key)],
          [isListedDamage(damage) ? 0 : 2, 2],
        )
        assert.equal(await store.deleteByHandle(owner, damaged.handle, now), true)
        assert.deepEqual(await store.deleteByUser(owner, {}, now), { handles: [sound.handle] })
      })
    }

    test('a user whose id differs in case, in spaces or in composition is another user', async () => {
      const ids = ['ann', 'Ann', 'ann ', ' ann', 'ann\t', 'ánn', 'a\u0301nn', 'ANN']
      for (const userId of ids) await store.create(sampleRecord(now, { userId }), now)
      for (const userId of ids) {
        assert.deepEqual(
          (await store.listByUser(sampleOwner(userId), { limit: 10 }, now)).map((record) => record.userId),
          [userId],
        )
        assert.equal(await store.countByUser(sampleOwner(userId), now), 1)
      }
      for (const userId of ids) {
        const { handles } = await store.deleteByUser(sampleOwner(userId), {}, now)
        assert.equal(handles.length, 1, userId)
      }
    })

    test('text that PostgreSQL or the driver would alter is refused, and the connection works on', async () => {
      const record = sampleRecord(now)
      await store.create(record, now)
      for (const text of ['a\0b', 'a\ud800b', '\udc00']) {
        await assert.rejects(async () => store.create(sampleRecord(now, { details: text }), now))
        const change = sampleChange(record, { data: text })
        await assert.rejects(async () => store.commit(record.key, expectationOf(record), change, now))
        await assert.rejects(async () => store.listByUser(text, { limit: 10 }, now))
      }
      assert.deepEqual(await store.read(record.key, now), record)
    })

    test('no error shows what it is about', async () => {
      await administrator.query(
        `alter table coatcheck_sessions add constraint quiet check (data <> '"${secret}"')`,
      )
      const record = sampleRecord(now, { userId: secret, details: secret, data: `"${secret}"` })
      const failing = [
        async () => store.create(record, now), // detail: the failing row
        async () => store.touch(secret, secret as unknown as number, 1, now), // message: the value
        async () => store.listByUser(`${secret}\0`, { limit: 10 }, now),
        async () => store.read(`${secret}\ud800`, now),
      ]
      for (const fail of failing) {
        await assert.rejects(fail, (error: unknown) => {
          assert.ok(error instanceof Error)
          assert.doesNotMatch(inspect(error, { showHidden: true, depth: 9 }), /nobody/)
          return true
        })
      }
      await assert.rejects(failing[0] as () => Promise<unknown>, {
        code: '23514',
        message: /violates check constraint "quiet"/,
      })
      await administrator.query('alter table coatcheck_sessions drop constraint quiet')
    })

    test('each verb is one statement, and a statement has no name unless asked for', async () => {
      const [record, other] = [sampleRecord(now, { userId: 'u_1' }), sampleRecord(now, { userId: 'u_1' })]
      const owner = sampleOwner('u_1')
      await store.create(record, now)
      const verbs: readonly (() => unknown)[] = [
        () => store.create(sampleRecord(now), now),
        () => store.read(record.key, now),
        () => store.commit(record.key, expectationOf(record), sampleChange(record), now),
        () => store.touch(record.key, now, now, now),
        () => store.delete(record.key),
        () => store.delete(record.key, null),
        () => store.listByUser(owner, { limit: 10 }, now),
        () => store.countByUser(owner, now),
        () => splitLimits(store).createWithin(other, 3, now),
        () => splitLimits(store).commitWithin(other.key, expectationOf(other), sampleChange(other), 3, now),
        () => store.deleteByHandle(owner, other.handle, now),
        () => store.deleteByUser(owner, {}, now),
        () => store.sweep(now, 10),
        () => store.enumerate(undefined, 10, now),
        () => store.ping(),
      ]
      for (const verb of verbs) {
        const before = await running.countCommands()
        await verb()
        assert.equal((await running.countCommands()) - before, 1, `${verb}`)
      }
    })
  })
}

describe('what applications set on their drivers', { skip: missing(engine) }, () => {
  let running: RunningEngine

  before(async () => {
    running = await engine.start()
  })
  after(() => running?.stop())

  /** The statements with names of the only connection of a pool. */
  const named = `select statement from pg_prepared_statements where statement like '%coatcheck_sessions%'`

  for (const prepare of [false, true]) {
    test(`pg: statements ${prepare ? 'have' : 'have no'} names`, async () => {
      const pool = new Pool({ ...connectionOf(running.address), max: 1 })
      const stores = [postgresStore(pool, { prepare }), postgresStore(pool, { prepare })]
      for (const store of stores) for (let turn = 0; turn < 3; turn += 1) await store.read('key', now)
      assert.equal((await pool.query(named)).rows.length, prepare ? 1 : 0)
      await pool.end()
    })
    test(`postgres.js: statements ${prepare ? 'have' : 'have no'} names`, async () => {
      // The option of the store counts, and without it the driver's own.
      for (const [own, store] of [
        [true, { prepare }],
        [prepare, {}],
      ] as const) {
        const sql = postgres({ ...connectionOf(running.address), max: 1, prepare: own })
        for (let turn = 0; turn < 3; turn += 1) await postgresStore(sql, store).read('key', now)
        assert.equal((await sql.unsafe(named)).length, prepare ? 1 : 0)
        await sql.end()
      }
    })
  }

  const settings: Readonly<Record<string, () => Pick<OpenedPool, 'store' | 'close'>>> = {
    'pg, with names for statements': () =>
      pools['pg']?.(running.address, { store: { prepare: true } }) as OpenedPool,
    'postgres.js, with names for statements': () =>
      pools['postgres.js']?.(running.address, { store: { prepare: true } }) as OpenedPool,
    'postgres.js, with other names for columns and bigint': () => {
      const types = { bigint: postgres.BigInt }
      const sql = postgres({ ...connectionOf(running.address), max: 4, transform: postgres.camel, types })
      return { store: postgresStore(sql), close: () => sql.end() }
    },
    'postgres.js, with undefined instead of null and trimmed texts': () => {
      const sql = postgres({
        ...connectionOf(running.address),
        max: 4,
        transform: { value: { from: alterValue } },
      })
      return { store: postgresStore(sql), close: () => sql.end() }
    },
    'postgres.js, with types that alter texts and numbers': () => {
      const types = {
        text: { to: 25, from: [25], serialize: String, parse: (text: string) => text.trim() },
        bigint: { to: 20, from: [20], serialize: String, parse: (text: string) => new Date(Number(text)) },
      }
      const sql = postgres({ ...connectionOf(running.address), max: 4, types })
      return { store: postgresStore(sql), close: () => sql.end() }
    },
    'pg, with the binary format': () => {
      // The types of pg do not have it.
      const binary: object = { binary: true }
      const pool = new Pool({ ...connectionOf(running.address), ...binary, max: 4 })
      return { store: postgresStore(pool), close: () => pool.end() }
    },
    'pg, with dates for bigint': () => {
      const types = {
        getTypeParser: (id: number) => (id === 20 ? (text: string) => new Date(Number(text)) : String),
      }
      const pool = new Pool({ ...connectionOf(running.address), max: 4, types })
      return { store: postgresStore(pool), close: () => pool.end() }
    },
    'a Client of pg': () => {
      const client = new Client(connectionOf(running.address))
      void client.connect()
      return { store: postgresStore(client), close: () => client.end() }
    },
  }
  for (const [name, open] of Object.entries(settings)) {
    test(`ping succeeds: ${name}`, async () => {
      const { store, close } = open()
      await store.ping()
      await close()
    })
    test(`the contract holds: ${name}`, async (context) => {
      const { store, close } = open()
      for (const storeCase of casesFor(store)) {
        await context.test(storeCase.name, () => storeCase.run(storeCaseContext(store)))
      }
      await close()
    })
  }

  const altering: Readonly<Record<string, (text: string) => unknown>> = {
    'trimmed texts': (text) => text.trim(),
    'parsed JSON': (text) => (text.startsWith('[') ? JSON.parse(text) : text),
    'numbers for digits': (text) => (/^\d+$/.test(text) ? Number(text) : text),
    'dates for dates': (text) => (/^\d+-/.test(text) ? new Date(text) : text),
    'null for nothing': (text) => text || null,
  }
  for (const [name, parse] of Object.entries(altering)) {
    test(`pg: ping refuses ${name}, and names the option`, async () => {
      const types = { getTypeParser: (id: number) => (id === 25 ? parse : String) }
      const pool = new Pool({ ...connectionOf(running.address), max: 1, types })
      await assert.rejects(
        async () => postgresStore(pool).ping(),
        (error: unknown) =>
          error instanceof SessionConfigError && /types and setTypeParser of pg/.test(error.message),
      )
      await pool.end()
    })
  }

  test('postgres.js: a function that alters rows is refused at once, by its name', async () => {
    const transform = { row: { from: (row: object) => ({ ...row, fetchedAt: 0 }) } }
    const sql = postgres({ ...connectionOf(running.address), transform })
    assert.throws(
      () => postgresStore(sql),
      (error: unknown) => error instanceof SessionConfigError && /option transform\.row/.test(error.message),
    )
    await sql.end()
  })

  test('postgres.js: types that alter what is sent are refused by ping', async () => {
    const types = { text: { to: 25, from: [25], serialize: (text: string) => text.trim(), parse: String } }
    const sql = postgres({ ...connectionOf(running.address), max: 1, types })
    await assert.rejects(async () => postgresStore(sql).ping(), /types and transform of postgres\.js/)
    await sql.end()
  })
})
