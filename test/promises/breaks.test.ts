import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { breaks } from './breaks.ts'

const page = new URL('../../docs/testing.md', import.meta.url)

test('docs/testing.md lists every break', () => {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| (.+?) +\| (.+?) +\| `(.+?)` +\|$/gm)
  assert.deepEqual(
    [...rows].map(([, promise, without, file]) => [promise, without, file]),
    breaks.map(({ promise, without, file }) => [promise, without, file]),
  )
})
