// Writes what is measured into docs/stores.md: the table of promises, and the bytes that a session needs.

import { readFileSync, writeFileSync } from 'node:fs'
import { alignRows, formatReports } from '../src/testing/format-reports.ts'
import { reportOwnStores } from './promise-table.ts'
import { measureSessions, reportServerStores } from './server-stores.ts'
import { replacePart } from './stores-page.ts'

const file = new URL('../docs/stores.md', import.meta.url)
const promises = formatReports([...(await reportOwnStores()), ...(await reportServerStores())])
const sizes = alignRows(await measureSessions()).join('\n')
const page = replacePart(readFileSync(file, 'utf8'), 'promises', promises)
writeFileSync(file, replacePart(page, 'sizes', sizes))
console.log(`${promises}\n\n${sizes}`)
