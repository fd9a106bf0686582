import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { readPostgresOptions } from '../../src/stores/postgres/postgres-options.ts'
import { listSchema } from '../../src/stores/postgres/postgres-schema.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import type { PostgresClient, PostgresQueryClient, PostgresStoreOptions } from '../../src/stores/postgres.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'

// Other tests of this store need a server: test/servers/postgres-*.server.ts.

const client: PostgresQueryClient = { query: async () => ({ rows: [] }) }

test('sql/postgres.sql has the statements of createSchema', () => {
  const file = readFileSync(new URL('../../sql/postgres.sql', import.meta.url), 'utf8')
  const statements = listSchema(readPostgresOptions({}).table).map(({ statement }) => `${statement};\n`)
  assert.equal(file.replace(/^--.*\n/gm, '').trimStart(), statements.join('\n'))
})

test('postgresStore keeps the contract on PostgreSQL in this process', async (context) => {
  const database = await PGlite.create()
  const store = postgresStore(database, { table: 'visitors' })
  await assert.rejects(async () => store.ping(), /the table "visitors" does not exist: call createSchema\(\)/)
  await store.createSchema()
  await store.createSchema()
  for (const storeCase of casesFor(store)) {
    await context.test(storeCase.name, () => storeCase.run(storeCaseContext(store)))
  }
  await database.close()
})

test('PGlite, which drops a byte order mark at the start of a text, is not given one', async () => {
  const database = await PGlite.create()
  const store = postgresStore(database)
  await store.createSchema()
  for (const [property, text] of Object.entries({
    userId: '\ufeffu_1',
    details: '\ufeff',
    data: '\ufeff{}',
  })) {
    const record = sampleRecord(1, { [property]: text })
    await assert.rejects(async () => store.create(record, 1), /byte order mark/)
    assert.equal(await store.read(record.key, 1), undefined)
  }
  const kept = sampleRecord(1, { userId: 'u\ufeff', details: 'a\ufeff', data: '"\ufeff"' })
  await store.create(kept, 1)
  assert.deepEqual(await store.read(kept.key, 1), kept)
  await database.close()
})

/** A client whose first answers are errors. It keeps what was sent. */
function failFirst(errors: readonly object[]): { sent: unknown[]; client: PostgresQueryClient } {
  const sent: unknown[] = []
  return {
    sent,
    client: {
      async query(statement: unknown) {
        sent.push(statement)
        const error = errors[sent.length - 1]
        if (error !== undefined) throw Object.assign(new Error('failed'), error)
        return { rows: [] }
      },
    },
  }
}

/** The names of a statement that is run three times, and again after each of the errors. */
async function collectNames(errors: readonly object[]): Promise<Set<unknown>> {
  const { sent, client: failing } = failFirst(errors)
  const store = postgresStore(failing, { prepare: true })
  for (let turn = 0; turn < 3; turn += 1) await store.read('key', 1)
  assert.equal(sent.length, 3 + errors.length)
  return new Set(sent.map((statement) => (statement as { name: string }).name))
}

describe('a statement of which nothing was executed is sent again', () => {
  const unexecuted: readonly object[] = [
    { code: '40001' },
    { code: '40P01' },
    { code: '26000' },
    { code: '0A000', routine: 'RevalidateCachedQuery' },
    { code: '0A000', message: 'cached plan must not change result type' },
  ]
  for (const error of unexecuted) {
    test(JSON.stringify(error), async () => {
      const { sent, client: failing } = failFirst([error, error])
      assert.equal(await postgresStore(failing).read('key', 1), undefined)
      assert.equal(sent.length, 3)
    })
  }

  test('a statement of which nothing was executed is sent again until it has failed too often', async () => {
    const { sent, client: failing } = failFirst(Array.from({ length: 99 }, () => ({ code: '40001' })))
    await assert.rejects(async () => postgresStore(failing).read('key', 1), {
      code: '40001',
      message: 'failed',
    })
    assert.equal(sent.length, 18)
  })

  test('a statement of which nothing was executed is sent again by another name where it cannot be run by the old one, and by the same name otherwise', async () => {
    assert.equal((await collectNames([])).size, 1)
    assert.equal((await collectNames([{ code: '40001' }])).size, 1)
    assert.equal((await collectNames([{ code: '26000' }])).size, 2)
    assert.equal(
      (await collectNames([{ code: '0A000', routine: 'RevalidateCachedQuery' }, { code: '26000' }])).size,
      3,
    )
  })

  test('and not where it may have been executed, or can never be', async () => {
    for (const code of ['08006', '57P01', '57014', '40003', '0A000', '23505', 'ECONNRESET', undefined]) {
      const { sent, client: failing } = failFirst([{ code }])
      await assert.rejects(async () => postgresStore(failing).touch('key', 1, 1, 1))
      assert.equal(sent.length, 1, code)
    }
  })
})

test('an error without words is described by its code', async () => {
  const refused = Object.assign(new AggregateError([new Error('secret')]), { code: 'ECONNREFUSED' })
  for (const [thrown, message] of [
    [refused, 'PostgreSQL or its driver failed with ECONNREFUSED'],
    ['secret', 'PostgreSQL or its driver failed with an unknown error'],
    [null, 'PostgreSQL or its driver failed with an unknown error'],
  ] as const) {
    const failing = postgresStore({ query: () => Promise.reject(thrown) })
    await assert.rejects(async () => failing.ping(), { message })
  }
})

describe('postgresStore takes', () => {
  for (const table of ['s', '_', 'A'.repeat(58), 'app.sessions', `${'a'.repeat(63)}.t`]) {
    test(`postgresStore takes the table ${table}`, async () => {
      const texts: string[] = []
      const recording: PostgresQueryClient = {
        async query(text) {
          texts.push(text)
          return { rows: [] }
        },
      }
      await postgresStore(recording, { table }).create(sampleRecord(1), 1)
      assert.ok(texts[0]?.includes(`insert into "${table.replace('.', '"."')}" (`))
    })
  }
  test('postgresStore takes a duration between sweeps', () => {
    assert.equal(postgresStore(client).sweepEvery, 600_000)
    assert.equal(postgresStore(client, { sweepEvery: '1h' }).sweepEvery, 3_600_000)
  })
})

describe('postgresStore refuses', () => {
  const refused: readonly [unknown, unknown, RegExp][] = [
    [client, { table: 'a"; drop table x; --' }, /postgresStore\.table: received 'a"; drop table x; --'/],
    [client, { table: '' }, /postgresStore\.table: received ''; allowed is 1 to 58 letters/],
    [client, { table: '1st' }, /postgresStore\.table/],
    [client, { table: 'a'.repeat(59) }, /postgresStore\.table/],
    [client, { table: 'a\n' }, /postgresStore\.table/],
    [client, { table: 'app.' }, /postgresStore\.table/],
    [client, { table: '.sessions' }, /postgresStore\.table/],
    [client, { table: 'shop.app.sessions' }, /postgresStore\.table/],
    [client, { table: 'a b.sessions' }, /postgresStore\.table/],
    [client, { table: 5 }, /postgresStore\.table: received 5/],
    [
      client,
      { tableName: 'a' },
      /postgresStore\.tableName: unknown option\. Allowed are table, sweepEvery, prepare/,
    ],
    [client, { sweepEvery: '25h' }, /postgresStore\.sweepEvery/],
    [client, { prepare: 'yes' }, /postgresStore\.prepare: received 'yes'; allowed is true or false/],
    [
      { ...client, exec() {} },
      { prepare: true },
      /postgresStore\.prepare: received true; allowed is false with PGlite/,
    ],
    [
      'postgres://shop:secret@db/shop',
      {},
      /postgresStore: received string; allowed is a Pool or Client of pg/,
    ],
    [{}, {}, /postgresStore: received object/],
    [null, {}, /postgresStore: received null/],
    [undefined, {}, /postgresStore: received undefined/],
  ]
  for (const [given, options, message] of refused) {
    test(`postgresStore refuses ${JSON.stringify(given)} with ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => postgresStore(given as PostgresClient, options as PostgresStoreOptions),
        (error: unknown) =>
          error instanceof SessionConfigError &&
          message.test(error.message) &&
          !error.message.includes('secret'),
      )
    })
  }
})
