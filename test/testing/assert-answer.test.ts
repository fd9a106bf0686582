import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAnswer, assertHolds, assertHoldsOrRefuses } from '../../src/testing/assert-answer.ts'
import { sampleRecord } from '../../src/testing.ts'
import { failuresOf } from './store-faults.ts'

const record = sampleRecord(0)

test('the message contains the actual and the expected answer', () => {
  const messages: readonly [actual: unknown, expected: unknown, message: string][] = [
    [1, true, 'create answered 1, not true'],
    [undefined, record, 'create answered undefined, not a record'],
    [record, undefined, 'create answered a record, not undefined'],
    [{ ...record, data: '' }, record, 'create answered a record that differs in data'],
    [
      { ...record, userId: undefined, version: 2 },
      record,
      'create answered a record that differs in version, userId',
    ],
    [
      Object.assign(Object.create(null), record),
      record,
      'create answered a record that differs in prototype',
    ],
    [[record], [record, record], 'create answered 1 items, not 2'],
    [['a', 'b'], ['a', 'c'], "create answered as item 1 'b', not 'c'"],
    [null, [], 'create answered null, not a list'],
  ]
  for (const [actual, expected, message] of messages)
    assert.throws(() => assertAnswer('create', actual, expected), startingWith(message))
  assertAnswer('create', { ...record }, record)
})

test('assertHolds compares only the given properties', async () => {
  assertHolds('read', record, { version: 1 })
  assert.throws(
    () => assertHolds('read', record, { version: 2 }),
    startingWith('read answered a record that differs in version'),
  )
  assert.throws(
    () => assertHolds('read', undefined, { version: 2 }),
    startingWith('read answered undefined, not a record'),
  )
  await assertHoldsOrRefuses('read', () => Promise.reject(new Error('too large')), { version: 2 })
  await assert.rejects(
    assertHoldsOrRefuses('read', async () => record, { version: 2 }),
    startingWith('read answered a record that differs in version'),
  )
})

test('every assertion of a case has a message of its own', async () => {
  const answersNothing = await failuresOf(() => ({
    read: () => undefined,
    touch: () => false,
    commit: () => false,
  }))
  assert.ok(answersNothing.length > 40)
  for (const { name, error } of answersNothing)
    assert.doesNotMatch((error as Error).message, /^Expected|^The expression/, name)
})

/** The lines below the first are node's own diff. */
function startingWith(line: string): (error: unknown) => boolean {
  return (error) => error instanceof assert.AssertionError && error.message.split('\n')[0] === line
}
