// Writes the table of promises into docs/stores.md.

import { readFileSync, writeFileSync } from 'node:fs'
import { formatReports } from '../src/testing/format-reports.ts'
import { replaceTable, reportOwnStores } from './promise-table.ts'

const page = new URL('../docs/stores.md', import.meta.url)
const table = formatReports(await reportOwnStores())
writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), table))
console.log(table)
