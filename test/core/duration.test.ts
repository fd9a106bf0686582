import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { longestDuration, parseDuration } from '../../src/duration.ts'
import { SessionConfigError } from '../../src/contract/errors.ts'

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

describe('parseDuration', () => {
  const accepted: readonly [unknown, number][] = [
    ['1ms', 1],
    ['500ms', 500],
    ['30s', 30_000],
    ['15m', 900_000],
    ['1.5h', 5_400_000],
    ['24h', 86_400_000],
    ['400d', longestDuration],
    ['57w', 57 * 604_800_000],
    [1, 1000],
    [0.001, 1],
    [1.5, 1500],
    [0.0015, 2],
    [400 * 86_400, longestDuration],
  ]
  for (const [value, milliseconds] of accepted) {
    test(`parseDuration reads ${JSON.stringify(value)} as ${milliseconds} ms`, () => {
      assert.equal(parseDuration('maxAge', value), milliseconds)
    })
  }

  const refused: readonly unknown[] = [
    0,
    -1,
    Number.NaN,
    Infinity,
    -Infinity,
    1e21,
    2 ** 53,
    0.0005,
    400 * 86_400 + 1,
    86_400_000,
    '',
    '1',
    'h',
    '1 h',
    ' 1h',
    '1h ',
    '1H',
    '-1h',
    '+1h',
    '1e3s',
    '0s',
    '0.5ms',
    '1.2345s',
    '.5h',
    '1,5h',
    '1h30m',
    '401d',
    '58w',
    '1y',
    '1h\n',
    '0x10s',
    '９h',
    '9'.repeat(400) + 's',
    undefined,
    null,
    true,
    {},
    [],
    ['1h'],
    5n,
    Symbol('1h'),
    () => '1h',
    new Date(),
    { valueOf: () => 5 },
  ]
  for (const value of refused) {
    test(`parseDuration refuses ${inspect(value).slice(0, 40)}`, () => {
      assert.throws(
        () => parseDuration('maxAge', value),
        (error: unknown) =>
          error instanceof SessionConfigError && error.message.startsWith('maxAge: received '),
      )
    })
  }

  test('parseDuration asks whoever writes milliseconds whether they meant them', () => {
    assert.throws(
      () => parseDuration('maxAge', 86_400_000),
      /received 86400000; .* Milliseconds\? Write '24h'/,
    )
    assert.throws(
      () => parseDuration('maxAge', '401d'),
      (error: Error) => !error.message.includes('Milliseconds?'),
    )
  })

  test('parseDuration keeps to the limit of the option', () => {
    assert.equal(parseDuration('timeout', '5m', 300_000), 300_000)
    assert.throws(
      () => parseDuration('timeout', 301, 300_000),
      /^SessionConfigError: timeout: .*to 300 seconds/,
    )
  })

  test('parseDuration reads whole numbers with any unit exactly', () => {
    const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd', 'w').map((each) => each)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), unit, (amount, each) => {
        const milliseconds = amount * units[each]
        if (milliseconds <= longestDuration)
          assert.equal(parseDuration('x', `${amount}${each}`), milliseconds)
        else assert.throws(() => parseDuration('x', `${amount}${each}`), SessionConfigError)
      }),
    )
  })

  test('parseDuration gives a whole number within the limit, or a SessionConfigError, for anything', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.double(), fc.stringMatching(/^[0-9.]{1,6}(ms|s|m|h|d|w)$/)),
        (value) => {
          try {
            const milliseconds = parseDuration('x', value)
            assert.ok(Number.isInteger(milliseconds) && milliseconds >= 1 && milliseconds <= longestDuration)
          } catch (error) {
            assert.ok(error instanceof SessionConfigError, String(error))
          }
        },
      ),
    )
  })
})
