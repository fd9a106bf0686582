import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { invariants } from './invariants/all.ts'

test('docs/schedules.md lists every invariant with its claim', () => {
  const page = readFileSync(new URL('../../docs/schedules.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| (D\d+) +\| (.+?) +\|$/gm)].map(([, name, claim]) => [name, claim])
  assert.deepEqual(
    rows,
    invariants.map(({ name, claim }) => [name, claim]),
  )
})
