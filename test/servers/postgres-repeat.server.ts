import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Client } from 'pg'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { expectationOf } from '../../src/contract/record.ts'
import type { PostgresStore } from '../../src/stores/postgres.ts'
import { sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { pools } from './postgres-pools.ts'

const now = Date.now()
const [engine] = postgresEngines as [Engine]

/** Every verb once, on a user of its own. Each must succeed. */
async function runVerbs(store: PostgresStore, userId: string): Promise<void> {
  const record = sampleRecord(now, { userId })
  const owner = sampleOwner(userId)
  assert.equal(await store.create(record, now), true)
  const change = sampleChange(record, { data: '{"a":1}' })
  assert.equal(await store.commit(record.key, expectationOf(record), change, now), true)
  assert.equal(await store.touch(record.key, now + 1, now + 60_001, now), true)
  assert.equal((await store.read(record.key, now))?.data, '{"a":1}')
  assert.equal((await store.listByUser(owner, { limit: 9 }, now)).length, 1)
  const login = await splitLimits(store).createWithin(sampleRecord(now, { userId }), 1, now)
  assert.deepEqual(login, { isWritten: true, evicted: [record.handle] })
  assert.equal((await store.deleteByUser(owner, {}, now)).handles.length, 1)
  assert.ok((await store.enumerate(undefined, 9, now)).records.length >= 0)
  await store.sweep(now - 1, 9)
  await store.ping()
}

for (const [driver, openPool] of Object.entries(pools)) {
  describe(`statements that PostgreSQL must parse again, ${driver}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let administrator: Client

    before(async () => {
      running = await engine.start()
      administrator = new Client({ ...connectionOf(running.address), user: 'postgres' })
      await administrator.connect()
    })
    beforeEach(async () => {
      await administrator.query('truncate coatcheck_sessions, coatcheck_sessions_lock')
    })
    after(async () => {
      await administrator?.end()
      await running?.stop()
    })

    for (const prepare of [true, false]) {
      test(`statements that PostgreSQL must parse again, ${driver}: after each change of the table every verb works, ${prepare ? 'with' : 'without'} names`, async () => {
        const { store, close } = openPool(running.address, { max: 2, store: { prepare } })
        // Two statements and more are under way on each connection.
        const changes = [
          'add column note text',
          'alter column details type varchar(2000)',
          'alter column handle type varchar(100) collate "C"',
          'alter column created_at type numeric(20)',
          'drop column note',
        ]
        for (let turn = 0; turn < 6; turn += 1) await runVerbs(store, `u_${turn}`)
        for (const [index, change] of changes.entries()) {
          await administrator.query(`alter table coatcheck_sessions ${change}`)
          const verbs = Array.from({ length: 4 }, (_, turn) => runVerbs(store, `u_${index}_${turn}`))
          await Promise.all(verbs)
        }
        await close()
      })
    }

    test('a connection that has forgotten the names of statements gets them again', async () => {
      const { store, close, execute } = openPool(running.address, { max: 1, store: { prepare: true } })
      for (let turn = 0; turn < 3; turn += 1) {
        await runVerbs(store, `u_${turn}`)
        await execute('deallocate all')
      }
      await runVerbs(store, 'u_last')
      await close()
    })
  })
}
