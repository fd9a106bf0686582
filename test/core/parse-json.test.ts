import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { losslessCodec } from '../../src/codec/lossless-codec.ts'
import { parseJson } from '../../src/codec/parse-json.ts'
import { setUp } from './harness.ts'

/** Keys of escapes, colons and quotes, and those that look like what stands in for them. */
const awkward = fc
  .string({
    unit: fc.constantFrom('\\', '"', ':', '\n', 'u', '~', '0', '\ud800', '{', ',', ' '),
    maxLength: 6,
  })
  .filter((key) => key !== '__proto__')
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    awkward,
    fc.integer(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(awkward, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value

describe('parseJson', () => {
  // V8 takes these keys for those that it meets later, if it has the chance.
  before(() => {
    for (const key of ['\\', '\\u', '\\n', '\\"']) JSON.parse(JSON.stringify({ [key]: 1 }))
    for (const key of ['\\', '\\u', '\\n', '\\"']) JSON.parse(JSON.stringify({ a: 1, [key]: 1 }))
  })

  for (const key of ['\n', '"', '\ud800', '\u001fb', '\n:', '~\n', '\\', '\\"', '":"', '\\n']) {
    test(`parseJson reads the key ${JSON.stringify(key)} as it was written`, () => {
      for (const value of [
        { [key]: 1 },
        { a: 1, [key]: { [key]: [key] } },
        [{ '~': 1, [key]: `${key}":` }],
      ]) {
        assert.deepStrictEqual(parseJson(JSON.stringify(value)), value)
        assert.deepStrictEqual(parseJson(JSON.stringify(value, null, 2)), value)
      }
    })
  }

  test('parseJson reads whatever was written', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1), (value, space) =>
        assert.deepStrictEqual(parseJson(JSON.stringify(value, null, space)), value),
      ),
      { numRuns: 3000 },
    )
  })

  test('parseJson refuses what is not JSON', () => {
    for (const text of [
      '{"\\q":1}',
      '{"\\n\n":1}',
      '{"\\n":1',
      '{"a\\',
      '"\\n":1',
      '{"\\n":1,}',
      '{"\\u00g0":1}',
    ])
      assert.throws(() => parseJson(text), SyntaxError, text)
  })

  test('parseJson hides no key __proto__ behind an escape', () => {
    for (const text of ['{"\\u005f_proto__":{"a":1}}', '{"a":{"\\n":1,"__proto__":{}}}'])
      assert.throws(() => losslessCodec.decode(text), /the key __proto__/)
  })

  test('parseJson keeps names and keys of a session that need escapes', async () => {
    JSON.parse('{"first name":1,"\\\\":1}')
    JSON.parse('{"first key":1,"\\\\":1}')
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => {
      session.set('first name', { 'first key': new Date(5), '\n': [1] })
      session.set('"', 1)
    })
    await elsewhere().visit((session) => {
      assert.deepStrictEqual(session.keys(), ['first name', '"'])
      session.update('first name', (known) => ({ ...(known as object), more: 2 }))
    })
    await elsewhere().visit((session) => {
      const value = session.get('first name')
      assert.deepStrictEqual(value, { 'first key': new Date(5), '\n': [1], more: 2 })
    })
  })
})
