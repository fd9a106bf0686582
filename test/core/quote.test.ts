import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { escapeUnprintable, quote, quoteStep, quoteUnlessPlain } from '../../src/quote.ts'

describe('quote', () => {
  test('quote shows ordinary names as they are', () => {
    assert.equal(quote('cart'), "'cart'")
    assert.equal(quote('größe 3'), "'größe 3'")
    assert.equal(quoteUnlessPlain('cart_2'), 'cart_2')
    assert.equal(quoteStep('price'), '.price')
  })

  test('quote escapes what would not show as itself on one line', () => {
    assert.equal(quote('a\n\u001b[31m\u009b'), "'a\\n\\u001b[31m\\u009b'")
    assert.equal(quote('\u2028\u202e\u200b\ud800'), "'\\u2028\\u202e\\u200b\\ud800'")
    assert.equal(quote('\u{e0041}'), "'\\udb40\\udc41'")
    assert.equal(quoteUnlessPlain('a b'), "'a b'")
    assert.equal(quoteStep('a\n'), "['a\\n']")
  })

  test('marks where a name begins and ends, and where it was cut', () => {
    assert.equal(quote("a' \\"), "'a\\' \\\\'")
    assert.equal(quote('x'.repeat(40)), `'${'x'.repeat(40)}'`)
    assert.equal(quote('x'.repeat(41)), `'${'x'.repeat(40)}…'`)
    assert.equal(quoteUnlessPlain('x'.repeat(41)), `'${'x'.repeat(40)}…'`)
    assert.equal(quote('\u{1f9e5}'.repeat(41)), `'${'\u{1f9e5}'.repeat(40)}…'`)
  })

  test('quote leaves nothing of any text that a log or a terminal would act on', () => {
    const units = fc.constantFrom(
      '\n',
      '\r',
      '\u001b',
      '\u0085',
      '\u2029',
      '\u202d',
      '\ufeff',
      '\udfff',
      'a',
      "'",
      '\\',
    )
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: units }), fc.string({ unit: 'binary' })), (text) => {
        for (const shown of [quote(text), quoteUnlessPlain(text), quoteStep(text), escapeUnprintable(text)]) {
          assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
        }
      }),
    )
  })
})
