import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionConfigError } from '../src/contract/errors.ts'
import { readOptions } from '../src/options.ts'

const allowed = ['sameSite', 'httpOnly', 'path']

describe('option names', () => {
  test('option names that are known pass, whatever their values', () => {
    readOptions('cookie', { sameSite: 1, path: undefined }, allowed)
    readOptions('cookie', {}, allowed)
    readOptions('cookie', Object.create(null), allowed)
  })
  const messages: readonly [string, unknown, string][] = [
    ['cookie', { same_site: 1 }, "cookie.same_site: unknown option. Did you mean 'sameSite'? Allowed are "],
    ['cookie', { httponly: 1 }, "cookie.httponly: unknown option. Did you mean 'httpOnly'? Allowed are "],
    ['', { 'http-only': 1 }, "http-only: unknown option. Did you mean 'httpOnly'? Allowed are "],
    ['cookie', { domains: 1 }, 'cookie.domains: unknown option. Allowed are '],
    ['cookie', { ['x'.repeat(99)]: 1 }, `cookie.'${'x'.repeat(40)}…': unknown option. Allowed are `],
    ['cookie', JSON.parse('{"__proto__":1}'), 'cookie.__proto__: unknown option. Allowed are '],
    ['cookie', null, 'cookie: received null; allowed is an object with '],
    ['cookie', undefined, 'cookie: received undefined; allowed is an object with '],
    ['cookie', 'secret', "cookie: received 'secret'; allowed is an object with "],
    ['cookie', [], 'cookie: received an array; allowed is an object with '],
    ['cookie', () => {}, 'cookie: received function; allowed is an object with '],
    ['', 5, 'options: received 5; allowed is an object with '],
  ]
  for (const [option, received, message] of messages) {
    test(message, () => {
      assert.throws(
        () => readOptions(option, received as object, allowed),
        (error: unknown) => {
          assert.ok(error instanceof SessionConfigError)
          assert.equal(error.message, `${message}sameSite, httpOnly, path`)
          return true
        },
      )
    })
  }
  test('option names that are inherited are not looked at', () => {
    readOptions('cookie', Object.create({ domains: 1 }), allowed)
  })
})

describe('readOptions', () => {
  test('readOptions leaves out what is undefined', () => {
    assert.deepEqual(Object.keys(readOptions('cookie', { path: undefined, sameSite: null }, allowed)), [
      'sameSite',
    ])
  })
  test('readOptions copies own properties only', () => {
    const own = readOptions<{ path?: string; sameSite?: string }>(
      'cookie',
      Object.create({ path: '/x' }),
      allowed,
    )
    assert.equal(own.path, undefined)
    assert.equal(readOptions('cookie', { path: '/y' }, allowed).path, '/y')
    assert.equal(Object.getPrototypeOf(own), null)
  })
})
