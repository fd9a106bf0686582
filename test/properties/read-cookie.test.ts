import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { findValues, readCookie } from '../../src/cookie/read-cookie.ts'
import { watchPrototypes } from '../support/watch-prototypes.ts'
import { CountedText } from './counted-text.ts'

after(watchPrototypes())

const names = ['a', 'id', '__Host-id', 'session_id']

/** Headers of what readers trip over, near misses of the names above all. */
const pieces = fc.constantFrom(
  '=',
  ';',
  ' ',
  '\t',
  '"',
  ',',
  '\u00a0',
  '%',
  '\n',
  '\0',
  '__Host-',
  'session_',
  'id',
  'ID',
  'i',
  'a',
  'session_i',
  '\ud800',
  '; ',
  '= ',
)
const headers = fc.oneof(
  fc.array(pieces, { maxLength: 60 }).map((each) => each.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('a', '=', ';', ' '), maxLength: 40 }),
)

/** The same by way of regular expressions, and of nothing that the reader uses. */
function readNaively(header: string, wanted: string): string[] {
  const values = new Set<string>()
  for (const [pair] of header.matchAll(/[^;]+/g)) {
    const [, name, value] = /^[ \t]*([^=]*?)[ \t]*=[ \t]*(.*?)[ \t]*$/s.exec(pair) ?? []
    if (name === wanted && value !== undefined) values.add(value)
  }
  return [...values].slice(0, 2)
}

function countVisits(header: string, name: string): number {
  const counted = new CountedText(header)
  assert.deepEqual(findValues(counted, name), readCookie(header, name))
  return counted.visits
}

describe('the cookie reader', () => {
  test('the cookie reader agrees with a naive reader on any header and name', () => {
    fc.assert(
      fc.property(headers, fc.constantFrom(...names), (header, name) => {
        assert.deepEqual(readCookie(header, name), readNaively(header, name))
      }),
      { numRuns: 5000 },
    )
  })

  test('the cookie reader finds what any browser may send, in the place of the first of two values', () => {
    const value = fc.stringMatching(/^[!#-+\--:<-[\]-~]{0,20}$/)
    const other = fc.tuple(fc.stringMatching(/^[A-Z]{1,5}$/), value).map((pair) => pair.join('='))
    fc.assert(
      fc.property(fc.array(other), value, fc.array(other), (before, ours, after) => {
        assert.deepEqual(readCookie([...before, `id=${ours}`, ...after].join('; '), 'id'), [ours])
      }),
    )
  })

  test('the cookie reader throws at nothing that stands in the place of a header', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withTypedArray: true,
    })
    fc.assert(
      fc.property(anything, (header) => {
        const values = readCookie(header, 'id')
        if (typeof header !== 'string') assert.deepEqual(values, [])
      }),
    )
  })

  test('the cookie reader visits each character of a header at most twice', () => {
    fc.assert(
      fc.property(
        headers,
        fc.constantFrom(...names),
        fc.integer({ min: 1, max: 50 }),
        (header, name, times) => {
          const long = header.repeat(times)
          assert.ok(countVisits(long, name) <= 2 * long.length)
        },
      ),
      { numRuns: 3000 },
    )
  })

  const size = 65_536
  const fill = (unit: string) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size)
  for (const name of ['a', 'session_id']) {
    const near = name.slice(0, -1)
    const units = [
      ';',
      '=',
      ' ',
      '\t',
      'a',
      ' ;',
      '; ',
      ' =',
      '= ',
      'a=',
      'a=;',
      'a; ',
      near,
      `${near};`,
      `${near}=;`,
      `${near} `,
      `${name};`,
      `${name} ;`,
      name,
      `${name}=`,
      `${name}=;`,
      `${name}=x;`,
      `${name}= ; `,
      `${name} = x ; `,
      `=${name}`,
      `x${name};`,
    ]
    test(`visits at most twice as many characters as 64 KiB of a bad header have, for the name ${name}`, () => {
      for (const unit of units.filter((each) => each !== '')) {
        for (const header of [
          fill(unit),
          `${name}=${fill(unit)}`,
          `${name}${fill(unit)}`,
          `${name}=x;${fill(unit)}`,
          fill(unit) + name,
          ` ${fill(unit)};${name}=x`,
        ]) {
          const visits = countVisits(header, name)
          assert.ok(
            visits <= 2 * header.length,
            `${visits} visits of ${header.length}: ${header.slice(0, 40)}`,
          )
        }
      }
    })
  }
})
