import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { Client } from 'pg'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import type { LimitedWrite } from '../../src/contract/limited-writes.ts'
import { expectationOf } from '../../src/contract/record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { bucketOf } from '../../src/stores/postgres/postgres-login-statements.ts'
import type { PostgresStore } from '../../src/stores/postgres.ts'
import { sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { pools, waitForWaiting } from './postgres-pools.ts'
import type { PoolOptions } from './postgres-pools.ts'

const now = Date.now()
const owner = sampleOwner('u_1')
const [engine] = postgresEngines as [Engine]

/** What follows the key in a copy of a row. */
const columnsOfCopy = `verifier_hash, null, null, 'other', format, version, commit_ids, data, created_at, null, null,
  last_seen_at, idle_timeout, null, idle_expires_at, ends_at, user_id, owner, null`

/** A login by either verb: a new session, or one that was a visitor's. */
async function logIn(store: PostgresStore, limit: number, isNew: boolean): Promise<LimitedWrite> {
  if (isNew) return splitLimits(store).createWithin(sampleRecord(now, { userId: 'u_1' }), limit, now)
  const visitor = sampleRecord(now)
  await store.create(visitor, now)
  const change = sampleChange(visitor, { userId: 'u_1' })
  return splitLimits(store).commitWithin(visitor.key, expectationOf(visitor), change, limit, now)
}

for (const [driver, openPool] of Object.entries(pools)) {
  describe(`logins within a limit on PostgreSQL, ${driver}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let store: PostgresStore
    let close: () => Promise<void>
    let administrator: Client
    let watch: Client

    const connect = async (): Promise<Client> => {
      const client = new Client({ ...connectionOf(running.address), user: 'postgres' })
      await client.connect()
      return client
    }

    before(async () => {
      running = await engine.start()
      ;({ store, close } = openPool(running.address))
    })
    beforeEach(async () => {
      administrator = await connect()
      watch = await connect()
      await administrator.query('truncate coatcheck_sessions, coatcheck_sessions_lock')
    })
    afterEach(async () => {
      await administrator.end()
      await watch.end()
    })
    after(async () => {
      await close?.()
      await running?.stop()
    })

    const settings: readonly PoolOptions[] = [
      {},
      { store: { prepare: true } },
      { isolation: 'repeatable read', store: { prepare: true } },
      { isolation: 'serializable', store: { prepare: true } },
    ]
    for (const options of settings) {
      const name = `${options.isolation ?? 'read committed'}, ${options.store ? '' : 'no '}names for statements`
      test(`200 at once leave as many as the limit, and each other one has an end: ${name}`, async () => {
        const servers = [1, 2].map(() => openPool(running.address, { max: 5, ...options }))
        const logins = await Promise.all(
          Array.from({ length: 200 }, (_, index) => {
            const server = servers[index % 2] as (typeof servers)[0]
            return logIn(server.store, 3, index % 4 < 2)
          }),
        )
        assert.equal(await store.countByUser(owner, now), 3)
        assert.ok(logins.every(({ isWritten }) => isWritten))
        const evicted = logins.flatMap((login) => login.evicted)
        assert.deepEqual([evicted.length, new Set(evicted).size], [197, 197])
        for (const server of servers) await server.close()
      })
    }

    for (const isolation of [undefined, 'repeatable read', 'serializable'] as const) {
      for (const isNew of [true, false]) {
        const verb = isNew ? 'createWithin' : 'commitWithin'
        test(`${verb} that waits for another login sees what it wrote, ${isolation ?? 'read committed'}`, async () => {
          const opened = openPool(running.address, { ...(isolation && { isolation }) })
          const old = sampleRecord(now, { userId: 'u_1', lastSeenAt: now - 1 })
          await logIn(store, 2, true) // makes the row of the bucket
          await store.deleteByUser(owner, {}, now)
          await store.create(old, now)
          // Another login, from its first write to its commit.
          await administrator.query('begin')
          await administrator.query('update coatcheck_sessions_lock set logins = logins + 1')
          await administrator.query(
            `insert into coatcheck_sessions select 'other', ${columnsOfCopy} from coatcheck_sessions`,
          )
          const login = logIn(opened.store, 2, isNew)
          await waitForWaiting(watch, 1)
          await administrator.query('commit')
          const { isWritten, evicted } = await login
          assert.deepEqual([isWritten, evicted.length], [true, 1])
          assert.equal(await store.countByUser(owner, now), 2)
          await opened.close()
        })
      }
    }

    test('a login that writes nothing ends nothing', async () => {
      const record = sampleRecord(now, { userId: 'u_1' })
      await store.create(record, now)
      const late: SessionRecord = { ...record, version: 7 }
      const change = sampleChange(late)
      const nothing = { isWritten: false, evicted: [] }
      await store.create(sampleRecord(now, { userId: 'u_1' }), now)
      assert.deepEqual(await splitLimits(store).createWithin(record, 1, now), nothing)
      assert.deepEqual(
        await splitLimits(store).commitWithin(record.key, expectationOf(late), change, 1, now),
        nothing,
      )
      assert.equal(await store.countByUser(owner, now), 2)
    })

    test('an endless limit is none, and one that is far exceeded takes more than one login', async () => {
      await Promise.all(Array.from({ length: 150 }, () => logIn(store, Infinity, true)))
      assert.equal(await store.countByUser(owner, now), 150)
      assert.equal((await logIn(store, 3, true)).evicted.length, 100)
      assert.equal((await logIn(store, 3, true)).evicted.length, 49)
      assert.equal(await store.countByUser(owner, now), 3)
    })

    test('a missing table for logins is an error that says what to do, and createSchema makes it', async () => {
      await administrator.query('drop table coatcheck_sessions_lock')
      const hint = { message: /^the table "coatcheck_sessions_lock" does not exist: call createSchema\(\)/ }
      await assert.rejects(async () => logIn(store, 3, true), hint)
      await assert.rejects(async () => store.ping(), hint)
      await store.createSchema()
      await store.ping()
      assert.equal((await logIn(store, 3, true)).isWritten, true)
    })
  })
}

test('owners are spread over the buckets, and each always has the same one', () => {
  const owners = Array.from({ length: 1000 }, (_, index) => sampleOwner(`u_${index}`))
  const buckets = owners.map(bucketOf)
  assert.deepEqual(owners.map(bucketOf), buckets)
  assert.ok(new Set(buckets).size > 800)
  for (const bucket of buckets) assert.ok(Number(bucket) >= 0 && Number(bucket) < 4096)
  assert.equal(bucketOf(undefined), 0)
})
