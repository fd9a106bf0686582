import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { replaceTable, reportOwnStores } from '../../scripts/promise-table.ts'
import { formatReports } from '../../src/testing/index.ts'

test('the table of promises in docs/stores.md is what the cases find now: else run npm run report', async () => {
  const page = readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8')
  const reports = await reportOwnStores()
  assert.equal(replaceTable(page, formatReports(reports)), page)
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
  assert.throws(() => replaceTable('# Stores', '| promise |'), /no marker comments for the table/)
})
