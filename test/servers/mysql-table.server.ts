import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { splitLimits } from '../../src/contract/limited-writes.ts'
import type { ListedRecord } from '../../src/contract/capabilities.ts'
import { SessionDecodeError, SessionTooLargeError } from '../../src/contract/errors.ts'
import { expectationOf } from '../../src/contract/record.ts'
import { toCommit } from '../../src/sql/row.ts'
import type { SqlValue } from '../../src/sql/row.ts'
import { toStatement } from '../../src/stores/mysql/mysql-client.ts'
import { Executor } from '../../src/stores/mysql/mysql-executor.ts'
import { writeStatements } from '../../src/stores/mysql/mysql-statements.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import type { MysqlStatement, MysqlStore } from '../../src/stores/mysql.ts'
import { sampleChange, sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { account, ask, mariadbEngine } from './mariadb.ts'
import { openMysql2, openPool } from './open-mysql.ts'
import type { OpenedPool } from './open-mysql.ts'

const now = Date.now()
const engine = mariadbEngine('mysql2')
const drivers = ['mysql2', 'mariadb'] as const

describe('the table of mysqlStore', { skip: missing(engine) }, () => {
  let running: RunningEngine
  let opened: OpenedPool
  let store: MysqlStore
  let port = 0

  before(async () => {
    running = await engine.start()
    port = running.address.ports[0] ?? 0
    opened = openMysql2(port)
    store = mysqlStore(opened.client)
    await store.createSchema()
  })
  after(async () => {
    await opened?.close()
    await running?.stop()
  })

  test('the table of mysqlStore can be created by ten servers at once, again and again', async (context) => {
    for (const driver of drivers) {
      const pools = await Promise.all(Array.from({ length: 10 }, () => openPool(driver, port, 1)))
      context.after(() => Promise.all(pools.map((pool) => pool.close())))
      const stores = pools.map(({ client }) => mysqlStore(client, { table: `at_once_${driver}` }))
      await Promise.all(stores.map((each) => each.createSchema()))
      await Promise.all(stores.map((each) => each.createSchema()))
      assert.equal(await stores[0]?.create(sampleRecord(now), now), true)
    }
  })

  test('the table of mysqlStore can be in another database, and have any name', async () => {
    await ask(port, 'create database `select`')
    await ask(port, `grant all on \`select\`.* to ${account.user}`)
    await mysqlStore(opened.client, { table: 'order' }).createSchema()
    const elsewhere = mysqlStore(opened.client, { table: 'select.from' })
    await elsewhere.createSchema()
    const record = sampleRecord(now, { userId: 'u_1' })
    await elsewhere.create(record, now)
    assert.deepEqual(await elsewhere.read(record.key, now), record)
    assert.equal(await store.read(record.key, now), undefined)
    const [row] = await ask(port, 'select count(*) as count from `select`.`from`')
    assert.equal(row?.['count'], 1)
  })

  test('the table of mysqlStore: if it is missing, every verb says how to create it', async (context) => {
    const record = sampleRecord(now)
    for (const driver of drivers) {
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const homeless = mysqlStore(pool.client, { table: 'nowhere' })
      const calls = [
        () => homeless.create(record, now),
        () => homeless.read(record.key, now),
        () => homeless.commit(record.key, expectationOf(record), sampleChange(record), now),
        () => homeless.touch(record.key, now, now, now),
        () => homeless.delete(record.key),
        () => homeless.listByUser('u', { limit: 10 }, now),
        () => homeless.countByUser('u', now),
        () => homeless.deleteByHandle('u', 'h', now),
        () => homeless.deleteByUser('u', {}, now),
        () => splitLimits(homeless).createWithin(sampleRecord(now, { userId: 'u' }), 3, now),
        () => homeless.enumerate(undefined, 10, now),
        () => homeless.sweep(now, 10),
        () => homeless.ping(),
      ]
      for (const call of calls) {
        await assert.rejects(
          async () => call(),
          (error: Error) => {
            assert.match(error.message, /the table nowhere does not exist: run createSchema\(\)/)
            assert.match(String(error.cause), /Table 'coatcheck\.nowhere' doesn't exist/)
            return true
          },
        )
      }
    }
  })

  test('the table of mysqlStore is searched by its indexes, with the parameters as the driver binds them', async (context) => {
    const records = Array.from({ length: 300 }, (_, index) =>
      sampleRecord(now, { userId: `u_${index % 100}`, idleExpiresAt: now + index }),
    )
    for (const record of records) await store.create(record, now)
    await ask(port, `analyze table ${account.database}.coatcheck_sessions`)
    const statements = writeStatements('coatcheck_sessions')
    const { key } = sampleRecord(now)
    const owner = sampleOwner('u_1')
    const two = records.slice(0, 2).map((record) => record.key)
    const change = toCommit(key, { version: 1, commitId: '' }, sampleChange(sampleRecord(now)), now)
    const plans: readonly [string, MysqlStatement, readonly SqlValue[], RegExp][] = [
      ['read', statements.read, [records[0]?.key ?? '', now - 1], /^const PRIMARY/],
      ['commit', statements.commit, change, /^range PRIMARY/],
      ['touch', statements.touch, [now, now, key, now], /^range PRIMARY/],
      ['delete', statements.delete, [key], /^range PRIMARY/],
      ['deleteOwned', statements.deleteOwned, [key, owner], /^range PRIMARY/],
      ['listByUser', statements.listByUser(5), [owner, now, now, '', now], /^range by_owner (?!.*filesort)/],
      ['countByUser', statements.countByUser, [owner, now], /^ref by_owner/],
      ['findKeys', statements.findKeys(5), [owner, key], /^ref by_owner .*Using index$/],
      [
        'findKeysAfter',
        statements.findKeysAfter(5),
        [owner, key, 1, 1, 'a'],
        /^range by_owner .*Using index$/,
      ],
      ['findKeysOfHandle', statements.findKeysOfHandle(5), [owner, 'a'], /^ref by_owner .*Using index$/],
      ['lock', statements.lock(2), [now, owner, ...two], /^range PRIMARY/],
      ['deleteKeys', statements.deleteKeys(2), two, /^range PRIMARY/],
      ['sweep', statements.sweep(5), [now + 5], /^range by_end (?!.*filesort)/],
      ['enumerate', statements.enumerate(5), ['f', now], /^range PRIMARY (?!.*filesort)/],
    ]
    for (const driver of drivers) {
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const executor = new Executor(pool.client, '')
      for (const [verb, { sql }, values, expected] of plans) {
        const [plan] = await executor.select(toStatement(`explain ${sql}`), values)
        assert.match(`${plan?.['type']} ${plan?.['key']} ${plan?.['Extra']}`, expected, `${verb}, ${driver}`)
      }
    }
  })

  test('the table of mysqlStore refuses what does not fit, in a mode in which the server would cut it', async (context) => {
    const lax = openMysql2(port, {}, `set sql_mode = ''`)
    context.after(() => lax.close())
    const laxStore = mysqlStore(lax.client)
    const whole = { userId: '\u{fffd}'.repeat(256), details: '\u{fffd}'.repeat(1024) }
    const fits = sampleRecord(now, whole)
    assert.equal(await laxStore.create(fits, now), true)
    assert.deepEqual(await laxStore.read(fits.key, now), fits)
    for (const [property, size] of [
      ['key', 256],
      ['handle', 256],
      ['verifierHash', 256],
      ['previousVerifierHash', 256],
      ['lifetimes', 17],
      ['userId', 769],
      ['owner', 251],
      ['details', 3073],
      ['data', 2 ** 24],
    ] as const) {
      const text = 'x'.repeat(size)
      const isRefusal = (error: unknown): boolean =>
        error instanceof SessionTooLargeError && error.size === size && error.message.startsWith(property)
      await assert.rejects(
        async () => laxStore.create(sampleRecord(now, { [property]: text }), now),
        isRefusal,
      )
      if (property === 'key' || property === 'handle') continue
      const change = sampleChange(fits, { [property]: text })
      await assert.rejects(async () => laxStore.commit(fits.key, expectationOf(fits), change, now), isRefusal)
    }
    assert.deepEqual(await laxStore.read(fits.key, now), fits)
  })
})

describe('mysqlStore fails on rows that another program wrote', { skip: missing(engine) }, () => {
  const secret = 'tell-nobody'
  const damages = [
    `commit_ids = '["${secret}"'`,
    `commit_ids = '{"a":"${secret}"}'`,
    `commit_ids = '[1]'`,
    `data = concat('${secret}', x'ff')`,
    `handle = x'ff'`,
    `user_id = concat('u_1', x'ff')`,
    `owner = concat('u_1', x'ff')`,
    `lifetimes = 'mine'`,
  ]
  let running: RunningEngine
  let port = 0
  before(async () => {
    running = await engine.start()
    port = running.address.ports[0] ?? 0
  })
  after(() => running?.stop())

  for (const driver of drivers) {
    test(`mysqlStore fails on rows that another program wrote with ${driver}, but lists them for their user, so that they can be revoked`, async (context) => {
      const owner = sampleOwner('u_1')
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const store = mysqlStore(pool.client)
      await store.createSchema()
      for (const damage of damages) {
        const [damaged, sound] = [sampleRecord(now, { userId: 'u_1' }), sampleRecord(now, { userId: 'u_1' })]
        for (const record of [damaged, sound]) await store.create(record, now)
        await ask(
          port,
          `update ${account.database}.coatcheck_sessions set ${damage} where \`key\` = '${damaged.key}'`,
        )
        await assert.rejects(
          async () => store.read(damaged.key, now),
          (error: unknown) => {
            assert.ok(error instanceof SessionDecodeError, damage)
            assert.equal(error.cause, undefined)
            assert.doesNotMatch(`${error.message} ${error.stack}`, /tell|nobody/)
            return true
          },
        )
        if (damage.startsWith('owner')) {
          assert.equal(await store.countByUser(owner, now), 1)
        } else {
          const listed = await store.listByUser(owner, { limit: 100 }, now)
          const formats = new Map(listed.map(({ key, format }) => [key, format]))
          const isSeenByList = !/^(commit_ids|data)/.test(damage)
          assert.deepEqual(
            [formats.get(damaged.key), formats.get(sound.key)],
            [isSeenByList ? 0 : 2, 2],
            damage,
          )
          const isFound = await store.deleteByHandle(owner, damaged.handle, now)
          assert.equal(isFound, !damage.startsWith('handle'))
        }
        const { handles } = await store.deleteByUser(owner, {}, now)
        assert.deepEqual(handles, [sound.handle])
        assert.equal(await store.countByUser(owner, now), 0)
      }
    })
  }

  test('mysqlStore fails on rows that another program wrote: lists and removes what has neither a key nor a handle of text, page by page', async (context) => {
    const pool = openMysql2(port)
    context.after(() => pool.close())
    const store = mysqlStore(pool.client)
    await store.createSchema()
    const records = Array.from({ length: 4 }, () => sampleRecord(now, { userId: 'u_2' }))
    for (const [index, { key }] of records.entries()) {
      await store.create(records[index] ?? assert.fail(), now)
      const damage = index < 2 ? `, \`key\` = x'ff0${index}', handle = x'ff0${index}'` : ''
      const table = `${account.database}.coatcheck_sessions`
      await ask(
        port,
        `update ${table} set format = 2, ends_at = ends_at + ${index}${damage} where \`key\` = '${key}'`,
      )
    }
    const owner = sampleOwner('u_2')
    const formats: number[] = []
    for (let after: ListedRecord | undefined; ;) {
      const [one] = await store.listByUser(owner, { limit: 1, after }, now)
      if (one === undefined) break
      assert.equal(typeof one.key, 'string')
      formats.push(one.format)
      after = one
    }
    assert.deepEqual(formats, [0, 0, 2, 2])
    const { handles } = await store.deleteByUser(owner, { except: records[3]?.key }, now)
    assert.deepEqual(handles, [records[2]?.handle])
    assert.equal(await store.countByUser(owner, now), 1)
  })
})

describe('a table of an earlier layout', { skip: missing(engine) }, () => {
  let running: RunningEngine
  before(async () => {
    running = await engine.start()
  })
  after(() => running?.stop())

  for (const driver of drivers) {
    test(`a table of an earlier layout is refused with what to do: ${driver}`, async (context) => {
      const port = running.address.ports[0] ?? 0
      const pool = await openPool(driver, port, 1)
      context.after(() => pool.close())
      const store = mysqlStore(pool.client, { table: `early_${driver}` })
      await store.createSchema()
      await ask(port, `alter table ${account.database}.early_${driver} drop index by_owner, drop owner`)
      const record = sampleRecord(now, { userId: 'u_1' })
      const calls = [
        () => store.createSchema(),
        () => store.ping(),
        () => store.create(record, now),
        () => store.read(record.key, now),
        () => store.countByUser('u_1', now),
        () => splitLimits(store).createWithin(record, 3, now),
      ]
      for (const call of calls) {
        await assert.rejects(
          async () => call(),
          (error: Error) => {
            assert.match(
              error.message,
              /the table early_\w+ lacks a column.*rename or drop it.*run createSchema/,
            )
            assert.match(String(error.cause), /Unknown column 'owner'/)
            return true
          },
        )
      }
    })
  }
})
