import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { reportOwnStores } from '../../scripts/promise-table.ts'
import { reportServerStores } from '../../scripts/server-stores.ts'
import { readPart, replacePart } from '../../scripts/stores-page.ts'
import { formatReports } from '../../src/testing.ts'
import { engines, missing } from './engines.ts'

const page = readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8')
const absent = engines.map(missing).find((reason) => reason !== false) ?? false

test(
  'the whole table of promises in docs/stores.md is what the cases find now: else run npm run report',
  { skip: absent },
  async () => {
    const servers = await reportServerStores()
    const reports = [...(await reportOwnStores()), ...servers]
    assert.equal(replacePart(page, 'promises', formatReports(reports)), page)
    assert.deepEqual(
      servers.flatMap(({ promises }) => promises.filter(({ outcome }) => outcome === 'broken')),
      [],
    )
  },
)

test('the table of sizes has a row for each database, with figures', () => {
  const rows = readPart(page, 'sizes').split('\n').slice(2)
  const databases = new Set(engines.map(({ name }) => name.split(', ')[0]))
  assert.equal(rows.length, databases.size)
  for (const row of rows) assert.match(row, /\| \d{3,4} +\|$/)
})
