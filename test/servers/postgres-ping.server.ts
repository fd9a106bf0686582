import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Client } from 'pg'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import type { Engine, RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { postgresEngines } from './postgres-engines.ts'
import { pools } from './postgres-pools.ts'

const now = Date.now()
const [engine] = postgresEngines as [Engine]
const tables = 'coatcheck_sessions, coatcheck_sessions_lock'

for (const [driver, openPool] of Object.entries(pools)) {
  describe(`whether PostgreSQL would take a write, ${driver}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let administrator: Client

    before(async () => {
      running = await engine.start()
      administrator = await connect()
      await administrator.query(`alter table coatcheck_sessions owner to postgres;
        alter table coatcheck_sessions_lock owner to postgres`)
    })
    beforeEach(() => grant('select, insert, update, delete', 'select, insert, update'))
    after(async () => {
      await administrator?.end()
      await running?.stop()
    })

    async function connect(): Promise<Client> {
      const client = new Client({ ...connectionOf(running.address), user: 'postgres' })
      await client.connect()
      return client
    }

    /** The only rights of the application. */
    async function grant(...[sessions, lock]: readonly [string, string]): Promise<void> {
      await administrator.query(`revoke all on ${tables} from shop;
        grant ${sessions} on coatcheck_sessions to shop; grant ${lock} on coatcheck_sessions_lock to shop`)
    }

    /** The message of a ping on new connections; nothing if it succeeds. Verbs are asked as well. */
    async function pingAnew(verb: 'works' | 'fails'): Promise<string> {
      const { store, close } = openPool(running.address, { max: 1 })
      try {
        const login = (): unknown =>
          splitLimits(store).createWithin(sampleRecord(now, { userId: 'u_1' }), 9, now)
        if (verb === 'fails') await assert.rejects(async () => login())
        else await login()
        const message = await Promise.resolve(store.ping()).then(
          () => '',
          (error: unknown) => (error as Error).message,
        )
        return message
      } finally {
        await close()
      }
    }

    test(`whether PostgreSQL would take a write, ${driver}: with the rights that docs/stores.md names it succeeds, and writes no row`, async () => {
      assert.equal(await pingAnew('works'), '')
      const count = `select (select count(*) from coatcheck_sessions) + (select sum(logins) from coatcheck_sessions_lock) as n`
      const before = await administrator.query(count)
      const { store, close } = openPool(running.address)
      for (let turn = 0; turn < 3; turn += 1) await store.ping()
      await close()
      assert.deepEqual((await administrator.query(count)).rows, before.rows)
    })

    for (const [object, role] of [
      ['the role', 'role shop'],
      ['the database', 'database shop'],
    ]) {
      test(`whether PostgreSQL would take a write, ${driver}: read-only by default of ${object}: it fails and says so, and succeeds afterwards`, async () => {
        await administrator.query(`alter ${role} set default_transaction_read_only = on`)
        assert.match(
          await pingAnew('fails'),
          /takes no writes: it is a standby, or default_transaction_read_only/,
        )
        await administrator.query(`alter ${role} reset default_transaction_read_only`)
        assert.equal(await pingAnew('works'), '')
      })
    }

    test(`whether PostgreSQL would take a write, ${driver}: on a standby it fails, and after its promotion it succeeds`, async () => {
      const [server] = running.servers
      const { rows } = await administrator.query<{ folder: string }>(
        `select current_setting('data_directory') as folder`,
      )
      await administrator.end()
      await server?.stop()
      const signal = join(rows[0]?.folder ?? '', 'standby.signal')
      writeFileSync(signal, '')
      chmodSync(signal, 0o666) // the server runs as another user, and removes it
      await server?.start()
      assert.match(await pingAnew('fails'), /takes no writes: it is a standby/)
      administrator = await connect()
      await administrator.query('select pg_promote()')
      assert.equal(await pingAnew('works'), '')
    })

    const [all, most] = [
      ['select', 'insert', 'update', 'delete'],
      ['select', 'insert', 'update'],
    ]
    for (const right of all) {
      test(`whether PostgreSQL would take a write, ${driver}: without the right to ${right} sessions it fails and names the rights`, async () => {
        await grant(all.filter((other) => other !== right).join(', '), 'select, insert, update')
        const { store, close } = openPool(running.address, { max: 1 })
        await assert.rejects(async () => store.ping(), {
          message: /lacks a right on "coatcheck_sessions": grant select, insert, update, delete on it/,
        })
        await close()
      })
    }
    for (const right of most) {
      test(`whether PostgreSQL would take a write, ${driver}: without the right to ${right} in the table of logins it fails`, async () => {
        await grant(all.join(', '), most.filter((other) => other !== right).join(', '))
        assert.match(await pingAnew('fails'), /lacks a right on "coatcheck_sessions_lock"/)
      })
    }
  })
}
