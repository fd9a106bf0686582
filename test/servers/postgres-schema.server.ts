import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { Client, Pool } from 'pg'
import { expectationOf } from '../../src/contract/record.ts'
import { createStatements } from '../../src/stores/postgres/postgres-statements.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { pools } from './postgres-pools.ts'

const now = Date.now()
const [engine] = postgresEngines as [Engine]

describe('the table of postgresStore', { skip: missing(engine) }, () => {
  let running: RunningEngine
  let administrator: Client
  let pool: Pool

  before(async () => {
    running = await engine.start()
    pool = new Pool(connectionOf(running.address))
    administrator = new Client({ ...connectionOf(running.address), user: 'postgres' })
    await administrator.connect()
  })
  after(async () => {
    await administrator?.end()
    await pool?.end()
    await running?.stop()
  })

  /** What a schema holds, with the definition of each index and the collation of each column. */
  async function describeSchema(schema: string): Promise<unknown[]> {
    const { rows } = await administrator.query(
      `select relname, attname, format_type(atttypid, atttypmod), attnotnull, attgenerated, collname, reloptions,
         replace(pg_get_indexdef(pg_class.oid), $1, '') as index,
         pg_get_expr(adbin, adrelid) as expression
       from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0
         left join pg_collation on pg_collation.oid = attcollation
         left join pg_attrdef on adrelid = pg_class.oid and adnum = attnum
       where relnamespace = $1::regnamespace order by relname, attnum`,
      [schema],
    )
    return rows
  }

  /** The names of the tables and indexes of a schema. */
  async function listNames(schema: string): Promise<unknown[]> {
    const statement = `select relname from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'i')
      order by relname`
    return (await administrator.query(statement, [schema])).rows.map(({ relname }) => relname)
  }

  /** A pool whose role may use an own schema, where its tables are created. */
  async function openSchema(name: string): Promise<Pool> {
    await administrator.query(`create schema ${name} authorization shop`)
    return new Pool({ ...connectionOf(running.address), options: `-c search_path=${name}` })
  }

  for (const [driver, openPool] of Object.entries(pools)) {
    test(`ten servers create it at once, time and again, ${driver}`, async () => {
      const opened = Array.from({ length: 10 }, () => openPool(running.address, { max: 1 }))
      for (const { store } of opened) await store.ping() // connected
      for (let round = 0; round < 15; round += 1) {
        await administrator.query('drop table coatcheck_sessions, coatcheck_sessions_lock')
        await Promise.all(opened.map(({ store }) => store.createSchema()))
        await opened[0]?.store.create(sampleRecord(now), now)
      }
      for (const { close } of opened) await close()
      assert.deepEqual(await listNames('public'), [
        'coatcheck_sessions',
        'coatcheck_sessions_end',
        'coatcheck_sessions_lock',
        'coatcheck_sessions_lock_pkey',
        'coatcheck_sessions_pkey',
        'coatcheck_sessions_user',
      ])
    })
  }

  test('sql/postgres.sql creates the same', async () => {
    const own = await openSchema('by_store')
    await postgresStore(own).createSchema()
    await own.end()
    await administrator.query('create schema by_file')
    const file = readFileSync(new URL('../../sql/postgres.sql', import.meta.url), 'utf8')
    await administrator.query(`set search_path = by_file; ${file}; reset search_path`)
    const byFile = await describeSchema('by_file')
    assert.deepEqual(byFile, await describeSchema('by_store'))
    assert.ok(byFile.length > 20)
  })

  test('createSchema creates an index that is missing, and leaves alone what is there', async () => {
    const store = postgresStore(pool)
    const record = sampleRecord(now)
    await store.create(record, now)
    await administrator.query('drop index coatcheck_sessions_end')
    await store.createSchema()
    assert.ok((await listNames('public')).includes('coatcheck_sessions_end'))
    assert.ok(await store.read(record.key, now))
  })

  test('the table of postgresStore: where everything exists, createSchema waits for no writer and needs no right to create', async () => {
    await administrator.query('begin; lock table coatcheck_sessions in row exclusive mode')
    await administrator.query('create role guest login; grant select on coatcheck_sessions to guest')
    await administrator.query('commit')
    await administrator.query('begin; lock table coatcheck_sessions in row exclusive mode')
    const guest = new Pool({ ...connectionOf(running.address), user: 'guest' })
    await postgresStore(guest).createSchema()
    await guest.end()
    await administrator.query('commit')
  })

  test('two tables in a database are two stores, one of them in a schema with a name of the longest kind', async () => {
    await administrator.query('create schema app authorization shop')
    const name = 'S'.repeat(58)
    const [shop, admin] = [
      postgresStore(pool, { table: 'order' }),
      postgresStore(pool, { table: `app.${name}` }),
    ]
    await Promise.all([shop.createSchema(), admin.createSchema()])
    await admin.createSchema()
    const record = sampleRecord(now)
    await shop.create(record, now)
    assert.equal(await admin.read(record.key, now), undefined)
    assert.equal(await admin.create(record, now), true)
    const names = ['', '_end', '_lock', '_pkey', '_user'].map((suffix) => name + suffix)
    for (const own of names) assert.ok((await listNames('app')).includes(own), own)
  })

  for (const [driver, openPool] of Object.entries(pools)) {
    test(`a missing table is an error that says what to do, ${driver}`, async () => {
      for (const table of ['nowhere', 'no_schema.sessions']) {
        const { store, close } = openPool(running.address, { store: { table } })
        const name = `"${table.replace('.', '"."')}"`
        const hint = {
          message: `the table ${name} does not exist: call createSchema() of the store once, or run sql/postgres.sql`,
        }
        await assert.rejects(async () => store.ping(), hint)
        await assert.rejects(
          async () => store.read('secret-key', now),
          (error: Error) => {
            assert.equal(error.message, hint.message)
            assert.equal((error.cause as { code: string }).code, '42P01')
            assert.doesNotMatch(inspect(error, { showHidden: true, depth: 9 }), /secret-key/)
            return true
          },
        )
        await close()
      }
    })
  }

  for (const [driver, openPool] of Object.entries(pools)) {
    test(`a table of another layout is refused in words that say what to do, ${driver}`, async () => {
      await administrator.query(
        'create table earlier (key text primary key, data text, user_id text); alter table earlier owner to shop',
      )
      const { store, close } = openPool(running.address, { store: { table: 'earlier' } })
      const message =
        /^the table "earlier" was made by another version or for something else \(.+\): drop it, .+ createSchema\(\)/
      await assert.rejects(async () => store.createSchema(), { message })
      await assert.rejects(async () => store.createSchema(), /it lacks verifier_hash, .*owner/)
      for (const verb of [
        () => store.read('key', now),
        () => store.create(sampleRecord(now), now),
        () => store.listByUser(sampleOwner('u_1'), { limit: 1 }, now),
        () => store.ping(),
      ]) {
        await assert.rejects(async () => verb(), { message })
      }
      assert.deepEqual((await administrator.query('table earlier')).rows, [])
      await administrator.query('drop table earlier')
      await store.createSchema()
      await store.ping()
      await close()
      await administrator.query('drop table earlier, earlier_lock')
    })
  }

  test('verbs use its indexes', async () => {
    const own = await openSchema('planned')
    const store = postgresStore(own)
    await store.createSchema()
    const record = sampleRecord(now, { userId: 'u_5' })
    await store.create(record, now)
    await administrator.query(`set search_path = planned; analyze; set search_path = planned`)
    await administrator.query(`insert into coatcheck_sessions select md5(n::text), verifier_hash, null, null, handle,
      format, version, commit_ids, data, created_at, null, null, last_seen_at, idle_timeout, null,
      idle_expires_at + n * 1000, ends_at + n * 1000, null, case when n % 3 = 0 then 'u_' || n % 2000 end, null
      from coatcheck_sessions, generate_series(1, 20000) as n`)
    await administrator.query('analyze coatcheck_sessions')
    const table = { schema: undefined, name: 'coatcheck_sessions' }
    const statements = createStatements(table)
    const explain = async (text: string, values: unknown[]): Promise<string> => {
      const { rows } = await administrator.query(`explain (format json) ${text}`, values)
      return JSON.stringify(rows)
    }
    const [key, user, end] = ['pkey', 'user', 'end'].map((index) => `"coatcheck_sessions_${index}"`)
    const plans: [string, unknown[], ...(string | undefined)[]][] = [
      [statements.read.text, [record.key, now], key],
      [statements.touch.text, [now, now, record.key, now], key],
      [statements.delete.text, [record.key], key],
      [statements.enumerate.text, [record.key, now, 100], key],
      [statements.listByUser.text, ['u_5', now, '', now, 100], user],
      [statements.countByUser.text, ['u_5', now], user],
      [statements.deleteStep.text, ['u_5', '', now, 0, ''], user, key],
      [statements.deleteByHandle.text, ['u_5', record.handle, now], user],
      [statements.sweep.text, [now, 100], key, end],
    ]
    for (const [text, values, ...indexes] of plans) {
      const plan = await explain(text, values)
      for (const index of indexes) assert.ok(plan.includes(`"Index Name":${index}`), `${text}: ${plan}`)
      assert.doesNotMatch(plan, /"Seq Scan"/, text)
    }
    await administrator.query('reset search_path')
    await own.end()
  })

  test('a commit and a touch within the hour leave the indexes alone', async () => {
    const client = new Client(connectionOf(running.address))
    await client.connect()
    const store = postgresStore(client)
    const hour = Math.floor(now / 3_600_000) * 3_600_000
    const record = sampleRecord(hour, { userId: 'u_1', idleExpiresAt: hour + 60_000 })
    await client.query('begin') // the counters of a transaction are exact
    await store.create(record, hour)
    await store.commit(
      record.key,
      expectationOf(record),
      sampleChange(record, { lastSeenAt: hour + 5 }),
      hour,
    )
    await store.touch(record.key, hour + 10, hour + 60_010, hour)
    const { rows } = await client.query(
      `select pg_stat_get_xact_tuples_updated(oid)::int as updated, pg_stat_get_xact_tuples_hot_updated(oid)::int as hot
       from pg_class where oid = 'coatcheck_sessions'::regclass`,
    )
    await client.query('commit')
    await client.end()
    assert.deepEqual(rows, [{ updated: 2, hot: 2 }])
  })
})
