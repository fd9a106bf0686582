import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionConfigError } from '../../src/index.ts'
import type { Duration } from '../../src/index.ts'
import { fakeClock } from '../../src/testing.ts'

test('a fake clock stands still until it is advanced', () => {
  const clock = fakeClock(1000)
  assert.equal(clock.now(), 1000)
  assert.equal(clock.now(), 1000)
  clock.advance('500ms')
  assert.equal(clock.now(), 1500)
  assert.equal(fakeClock().now(), Date.UTC(2030, 0, 1))
})

test('a fake clock runs due timers in order, each at its instant, including those scheduled meanwhile', () => {
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
  clock.advance('30ms')
  assert.deepEqual(log, ['first at 10', 'in between at 15', 'second at 20', 'last at 30'])
  assert.equal(clock.now(), 30)
})

test('a cancelled timer does not run', () => {
  const clock = fakeClock()
  const cancel = clock.schedule(10, () => assert.fail('it ran'))
  cancel()
  clock.advance(1)
})

test('a fake clock advances by durations as in the options, where a number means seconds', () => {
  const durations = {
    30: 30_000,
    0.25: 250,
    '500ms': 500,
    '30s': 30_000,
    '30m': 1_800_000,
    '24h': 86_400_000,
  }
  for (const [duration, milliseconds] of Object.entries(durations)) {
    const clock = fakeClock(0)
    clock.advance((Number(duration) || duration) as Duration)
    assert.equal(clock.now(), milliseconds, duration)
  }
})

test('a fake clock advanced by 0 runs what is due now', () => {
  const clock = fakeClock(7)
  let runs = 0
  clock.schedule(0, () => void (runs += 1))
  clock.advance(0)
  assert.deepEqual([clock.now(), runs], [7, 1])
})

test('a fake clock refuses an invalid start', () => {
  for (const start of [Number.NaN, Infinity, -1, '2030-01-01', new Date(), null]) {
    assert.throws(
      () => fakeClock(start as number),
      (error) =>
        error instanceof SessionConfigError &&
        /^fakeClock: received .+; allowed is a number of milliseconds since 1970, 0 or more$/.test(
          error.message,
        ),
    )
  }
})

test('a fake clock refuses an invalid duration and stands still', () => {
  const clock = fakeClock(7)
  const refused = [
    Number.NaN,
    Infinity,
    -1,
    '-1s',
    '30',
    'soon',
    30n,
    undefined,
    null,
    new Date(),
    1_800_000_000,
  ]
  for (const duration of refused) {
    assert.throws(
      () => clock.advance(duration as number),
      (error) =>
        error instanceof SessionConfigError &&
        /^advance: received .+; allowed is a string with a unit .+ or a number of seconds/.test(
          error.message,
        ),
      String(duration),
    )
  }
  assert.throws(() => clock.advance(1_800_000_000), /Milliseconds\? Write '24h'$/)
  assert.equal(clock.now(), 7)
})
