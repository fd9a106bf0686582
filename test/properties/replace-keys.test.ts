import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { replaceKeys } from '../../src/codec/parse-json.ts'
import { CountedText } from './counted-text.ts'

/** What ends or begins a string, or only seems to, and what a key ends with. */
const pieces = fc.constantFrom(
  '"',
  '\\',
  '\\"',
  '\\\\',
  ':',
  ' ',
  '\n',
  '{',
  ',',
  'a',
  '"a"',
  '"\\n":',
  '\ud800',
)
const texts = fc.array(pieces, { maxLength: 80 }).map((each) => each.join(''))

const values = fc.dictionary(
  fc.string({ unit: fc.constantFrom('\\', '"', ':', '\n', 'a', ' '), maxLength: 6 }),
  fc.oneof(fc.string({ unit: fc.constantFrom('\\', '"', ':', 'a'), maxLength: 12 }), fc.integer()),
  { maxKeys: 5, noNullPrototype: true },
)

/** How many characters are visited for each of the text. */
function visitsOf(text: string): number {
  const counted = new CountedText(text)
  replaceKeys(counted, (key) => key)
  return counted.visits / (text.length || 1)
}

describe('replaceKeys', () => {
  test('replaceKeys replaces every key of a JSON text and nothing else', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1), (value, space) => {
        const keys: string[] = []
        const replaced = replaceKeys(JSON.stringify(value, null, space), (key) => {
          keys.push(JSON.parse(key) as string)
          return JSON.stringify(`k${keys.length}`)
        })
        assert.deepStrictEqual(keys, Object.keys(value))
        assert.deepStrictEqual(Object.values(JSON.parse(replaced) as object), Object.values(value))
      }),
      { numRuns: 2000 },
    )
  })

  test('replaceKeys changes nothing that it does not replace, JSON or not', () => {
    fc.assert(
      fc.property(texts, (text) =>
        assert.equal(
          replaceKeys(text, (key) => key),
          text,
        ),
      ),
      { numRuns: 2000 },
    )
  })

  test('replaceKeys visits each character three times at most, wherever the text was cut off', () => {
    fc.assert(
      fc.property(texts, (text) => assert.ok(visitsOf(text) <= 3, text)),
      { numRuns: 2000 },
    )
    for (const piece of ['\\"', '"', '\\', '\\\\"', '"a" ', '" \n', '"a":', '"\\n"', ':"', '\\":']) {
      for (const start of ['', '"', '{"\\n":"', '{"é\\n":1,"a":"\\']) {
        assert.ok(visitsOf(start + piece.repeat(20_000)) <= 3, `${start} and many of ${piece}`)
      }
    }
  })
})
