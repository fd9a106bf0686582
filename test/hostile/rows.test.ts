import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/** The numbers of the hostile inputs that the tests of this folder are named after. */
const expected = [...between(1, 51), ...between(54, 66), 73]

function between(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

test('every hostile input has its test, and no test another number', () => {
  const files = globSync('*.test.ts', { cwd: import.meta.dirname })
  const texts = files.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  const numbers = texts.flatMap((text) =>
    [...text.matchAll(/\btest\(\s*['"`]row (\d+): /g)].map(([, number]) => Number(number)),
  )
  assert.deepEqual(
    [...new Set(numbers)].toSorted((left, right) => left - right),
    expected,
  )
})
