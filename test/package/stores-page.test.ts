import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { reportOwnStores } from '../../scripts/promise-table.ts'
import { readPart, replacePart, selectColumns } from '../../scripts/stores-page.ts'
import { formatReports } from '../../src/testing.ts'

test('the table of promises in docs/stores.md is what the cases find now: else run npm run report', async () => {
  const page = readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8')
  // Those that need a server are compared by test/servers/stores-page.server.ts.
  const reports = await reportOwnStores()
  const stores = reports.map(({ store }) => store)
  assert.deepEqual(
    selectColumns(readPart(page, 'promises'), stores),
    selectColumns(formatReports(reports), stores),
  )
  const broken = reports.flatMap(({ store, promises }) =>
    promises.filter(({ outcome }) => outcome === 'broken').map(({ name }) => `${store}: ${name}`),
  )
  const basic = ['basicStore', 'fromUnstorage', 'fromKeyv', 'fromExpressStore']
  assert.deepEqual(
    broken,
    basic.map((name) => `\`${name}\`: All of this holds across processes`),
  )
})

test('a page without a place for the table is refused', () => {
  assert.throws(() => replacePart('# Stores', 'promises', '| promise |'), /no marker comments for promises/)
  assert.throws(() => readPart('# Stores', 'sizes'), /no marker comments for sizes/)
})

test('the columns of some stores are found in a table of more, and what is missing is noticed', () => {
  const table =
    '| promise | one | two |\n| --- | --- | --- |\n| kept | yes | **no** |\n\n- two fails: it\n- one fails: it'
  assert.deepEqual(selectColumns(table, ['two']), ['promise | two', 'kept | **no**', '- two fails: it'])
  assert.deepEqual(selectColumns(table, ['three']), ['promise | absent', 'kept | absent'])
})
