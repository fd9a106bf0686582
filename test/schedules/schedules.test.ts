import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore } from './explore.ts'
import { invariants } from './invariants/all.ts'
import { reportFailure } from './report.ts'

/** Few enough for every test run; `npm run schedules` runs 10 000. */
const count = 200

for (const invariant of invariants) {
  test(`${invariant.name}: ${invariant.claim}`, async () => {
    const failure = await explore(invariant, 1, count)
    assert.ok(failure === undefined, failure && (await reportFailure(invariant, failure)))
  })
}
