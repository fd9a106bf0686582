import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeClock } from '../../src/testing/index.ts'

test('a fake clock stands still until it is told to move', () => {
  const clock = fakeClock(1000)
  assert.equal(clock.now(), 1000)
  assert.equal(clock.now(), 1000)
  clock.advance(500)
  assert.equal(clock.now(), 1500)
  assert.equal(fakeClock().now(), Date.UTC(2030, 0, 1))
})

test('a fake clock runs what is due, in order and each at its instant, those set meanwhile included', () => {
  const clock = fakeClock(0)
  const log: string[] = []
  const note = (name: string) => () => void log.push(`${name} at ${clock.now()}`)
  clock.schedule(20, note('second'))
  clock.schedule(10, () => {
    note('first')()
    clock.schedule(5, note('in between'))
  })
  clock.scheduleIdly(30, note('last'))
  clock.schedule(31, note('too late'))
  clock.advance(30)
  assert.deepEqual(log, ['first at 10', 'in between at 15', 'second at 20', 'last at 30'])
  assert.equal(clock.now(), 30)
})

test('what was cancelled does not run', () => {
  const clock = fakeClock()
  const cancel = clock.schedule(10, () => assert.fail('it ran'))
  cancel()
  clock.advance(1000)
})
