import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { longestDuration, parseDuration } from '../../src/duration.ts'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { watchPrototypes } from '../support/watch-prototypes.ts'
import { anyValue, treacherous } from './any-value.ts'

after(watchPrototypes())

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const unit = fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[]))

function isRefused(value: unknown, limit?: number): boolean {
  try {
    parseDuration('idleTimeout', value, limit)
    return false
  } catch (error) {
    assert.ok(error instanceof SessionConfigError, String(error))
    assert.match(error.message, /^idleTimeout: received /)
    return true
  }
}

describe('a duration', () => {
  test('a duration is as many milliseconds as its number and unit say, or beyond the limit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 40_000_000 }), unit, (count, each) => {
        const milliseconds = count * units[each]
        const text = `${count}${each}`
        if (milliseconds < 1 || milliseconds > longestDuration) assert.ok(isRefused(text))
        else assert.equal(parseDuration('idleTimeout', text), milliseconds)
      }),
    )
  })

  test('a duration reads the same, written in any unit that divides it or as a number of seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: longestDuration }), (milliseconds) => {
        assert.equal(parseDuration('idleTimeout', `${milliseconds}ms`), milliseconds)
        assert.equal(parseDuration('idleTimeout', milliseconds / 1000), milliseconds)
        for (const [each, size] of Object.entries(units)) {
          if (milliseconds % size === 0)
            assert.equal(parseDuration('idleTimeout', `${milliseconds / size}${each}`), milliseconds)
        }
      }),
    )
  })

  test('a duration reads fractions to the nearest millisecond', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9_999_999 }),
        fc.constantFrom('s', 'm', 'h'),
        (thousandths, each) => {
          const text = `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}${each}`
          const expected = (thousandths / 1000) * units[each]
          if (expected > longestDuration) assert.ok(isRefused(text))
          else assert.ok(Math.abs(parseDuration('idleTimeout', text) - expected) <= 0.5)
        },
      ),
    )
  })

  test('a duration keeps to any limit to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: longestDuration - 1 }), (limit) => {
        assert.equal(parseDuration('idleTimeout', `${limit}ms`, limit), limit)
        assert.ok(isRefused(`${limit + 1}ms`, limit))
        assert.ok(isRefused(limit + 1, limit))
      }),
    )
  })

  test('a duration is a whole number of milliseconds within the limit, or refused by name, for any value', () => {
    const demandUnchanged = watchPrototypes()
    const texts = fc.stringMatching(/^[+-]?\d{0,20}[.,]?\d{0,4} ?(ms|s|m|h|d|w|M|y|e5s)?$/)
    fc.assert(
      fc.property(fc.oneof(texts, fc.double(), fc.string(), anyValue), (value) => {
        if (isRefused(value)) return
        const milliseconds = parseDuration('idleTimeout', value)
        assert.ok(Number.isInteger(milliseconds) && milliseconds >= 1 && milliseconds <= longestDuration)
        if (typeof value === 'number') assert.ok(Math.abs(milliseconds - value * 1000) <= 0.5)
        else assert.match(value as string, /^\d+(\.\d{1,3})?(ms|[smhdw])$/)
      }),
      { numRuns: 2000 },
    )
    for (const value of treacherous) assert.ok(isRefused(value))
    demandUnchanged()
  })
})
