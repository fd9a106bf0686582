import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore } from './explore.ts'
import { invariants } from './invariants/all.ts'
import { reportFailure } from './report.ts'

/** Adds a test for each invariant: it holds in the first schedules, as many as that. */
export function testInvariants(count: number): void {
  for (const invariant of invariants) {
    test(`${invariant.name}: ${invariant.claim}`, async () => {
      const failure = await explore(invariant, 1, count)
      assert.ok(failure === undefined, failure && (await reportFailure(invariant, failure)))
    })
  }
}
