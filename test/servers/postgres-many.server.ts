import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Client } from 'pg'
import { postgresStore } from '../../src/stores/postgres.ts'
import type { PostgresStore } from '../../src/stores/postgres.ts'
import { createStatements } from '../../src/stores/postgres/postgres-statements.ts'
import { sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { pools } from './postgres-pools.ts'

const now = Date.now()
const owner = sampleOwner('u_1')
const stepSize = 2000
const [engine] = postgresEngines as [Engine]

/** Copies the only row, with ends that follow each other or are all the same. */
const copyRows = `insert into coatcheck_sessions
  select 'k' || n, verifier_hash, null, null, 'h' || n, format, version, commit_ids, data, created_at, null, null,
    last_seen_at, idle_timeout, null, idle_expires_at, ends_at + n * $1::bigint, user_id, owner, null
  from coatcheck_sessions, generate_series(1, $2::int) as n`

for (const [driver, openPool] of Object.entries(pools)) {
  describe(`thousands of sessions of one user on PostgreSQL, ${driver}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let administrator: Client
    let store: PostgresStore
    let close: () => Promise<void>
    const kept = sampleRecord(now, { userId: 'u_1' })

    before(async () => {
      running = await engine.start()
      administrator = new Client({ ...connectionOf(running.address), user: 'postgres' })
      await administrator.connect()
      ;({ store, close } = openPool(running.address))
    })
    beforeEach(async () => {
      await administrator.query('truncate coatcheck_sessions')
      await store.create(kept, now)
    })
    after(async () => {
      await close?.()
      await administrator?.end()
      await running?.stop()
    })

    /** All steps, each with what happens after it. */
    async function deleteAll(afterStep: () => Promise<unknown>): Promise<string[][]> {
      const steps: string[][] = []
      let cursor: string | undefined
      do {
        const ended = await store.deleteByUser(owner, { except: kept.key, cursor }, now)
        steps.push([...ended.handles])
        cursor = ended.cursor
        await afterStep()
      } while (cursor !== undefined)
      return steps
    }

    for (const [ends, distance] of [
      ['one after the other', 10],
      ['all at the same instant', 0],
    ]) {
      test(`thousands of sessions of one user on PostgreSQL, ${driver} that end ${ends} are deleted in steps of ${stepSize}, each once and all but one`, async () => {
        await administrator.query(copyRows, [distance, 5000])
        const steps = await deleteAll(async () => {})
        assert.deepEqual(
          steps.map(({ length }) => length),
          [2000, 2000, 1000, 0],
        )
        assert.equal(new Set(steps.flat()).size, 5000)
        assert.equal(await store.countByUser(owner, now), 1)
        assert.ok(await store.read(kept.key, now))
      })
    }

    test('one that a commit moves to before the cursor is deleted all the same', async () => {
      await administrator.query(copyRows, [10, 5000])
      const move = `update coatcheck_sessions set ends_at = $1, idle_expires_at = $1 where key = 'k5000'`
      const steps = await deleteAll(() => administrator.query(move, [now + 1]))
      assert.equal(steps.flat().length, 5000)
      assert.ok(steps.at(-1)?.includes('h5000'))
      assert.equal(await store.countByUser(owner, now), 1)
    })

    test(`thousands of sessions of one user on PostgreSQL, ${driver} are listed page by page, each once, in order`, async () => {
      await administrator.query(copyRows, [0, 1000])
      const listed: string[] = []
      for (let page = await store.listByUser(owner, { limit: 300 }, now); page.length > 0;) {
        listed.push(...page.map(({ handle }) => handle))
        page = await store.listByUser(owner, { limit: 300, after: page.at(-1) }, now)
      }
      assert.deepEqual(listed, listed.toSorted())
      assert.deepEqual([listed.length, new Set(listed).size], [1001, 1001])
    })

    test(`thousands of sessions of one user on PostgreSQL, ${driver} are deleted without comparing each with each, whatever the planner takes them for`, async () => {
      await administrator.query(copyRows, [10, 5000])
      const { deleteStep } = createStatements({ schema: undefined, name: 'coatcheck_sessions' })
      const parameters = [owner, kept.key, now, 0, '']
      const { rows } = await administrator.query<Record<string, string>>(
        `explain ${deleteStep.text}`,
        parameters,
      )
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      assert.match(plan, /Delete on coatcheck_sessions/)
      assert.doesNotMatch(plan, /Join|Nested Loop/)
    })

    test(`thousands of sessions of one user on PostgreSQL, ${driver} need no statistics about the user: neither a page nor a step reads all of them`, async () => {
      await administrator.query(copyRows, [10, 20_000])
      // The counters of a transaction are exact.
      const client = new Client(connectionOf(running.address))
      await client.connect()
      const own = postgresStore(client)
      const countRead = async (call: () => unknown): Promise<number> => {
        await client.query('begin')
        await call()
        const { rows } = await client.query<{ read: number }>(`select (pg_stat_get_xact_tuples_fetched(oid)
          + pg_stat_get_xact_tuples_returned(oid))::int as read from pg_class where oid = 'coatcheck_sessions'::regclass`)
        await client.query('rollback')
        return rows[0]?.read ?? NaN
      }
      assert.ok((await countRead(() => own.listByUser(owner, { limit: 1000 }, now))) < 2000)
      assert.ok((await countRead(() => own.deleteByUser(owner, {}, now))) < 3 * stepSize)
      await client.end()
    })
  })
}
