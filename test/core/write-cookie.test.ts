import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { CookieSettings } from '../../src/cookie/cookie-options.ts'
import { clearCookie, writeCookie } from '../../src/cookie/write-cookie.ts'
import { defaults } from '../../src/manager/resolve-options.ts'

const plain: CookieSettings = defaults.cookie
const token = 'ab'.repeat(32)

const settings: fc.Arbitrary<CookieSettings> = fc.record({
  name: fc.constantFrom('session_id', '__Host-session'),
  path: fc.constantFrom('/', '/shop'),
  basePath: fc.constant(''),
  former: fc.constant([]),
  domain: fc.constantFrom(undefined, 'example.com'),
  secure: fc.constantFrom(true, false, 'auto' as const),
  httpOnly: fc.boolean(),
  sameSite: fc.constantFrom('lax' as const, 'strict' as const, 'none' as const),
  partitioned: fc.boolean(),
  priority: fc.constantFrom(undefined, 'low' as const, 'medium' as const, 'high' as const),
  persistent: fc.boolean(),
})

describe('writeCookie', () => {
  test('writeCookie writes the defaults', () => {
    assert.equal(
      writeCookie(plain, token, 86_400, false).line,
      `session_id=${token}; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax`,
    )
  })

  test('writeCookie writes Secure for https under auto, and for plain http only when told to', () => {
    assert.match(writeCookie(plain, token, 1, true).line, /; Secure(;|$)/)
    assert.doesNotMatch(writeCookie(plain, token, 1, false).line, /Secure/)
    assert.match(writeCookie({ ...plain, secure: true }, token, 1, false).line, /; Secure(;|$)/)
    assert.doesNotMatch(writeCookie({ ...plain, secure: false }, token, 1, true).line, /Secure/)
  })

  test('writeCookie leaves Max-Age away when the cookie ends with the browser', () => {
    assert.equal(
      writeCookie({ ...plain, persistent: false }, token, 86_400, false).line,
      `session_id=${token}; Path=/; HttpOnly; SameSite=Lax`,
    )
  })

  test('writeCookie writes every attribute that is set, and SameSite always', () => {
    fc.assert(
      fc.property(settings, fc.boolean(), (cookie, isSecure) => {
        const found = attributesOf(writeCookie(cookie, token, 5, isSecure).line)
        assert.equal(found.get('samesite')?.toLowerCase(), cookie.sameSite)
        assert.equal(found.get('path'), cookie.path)
        assert.equal(found.get('domain'), cookie.domain)
        assert.equal(found.get('priority')?.toLowerCase(), cookie.priority)
        assert.equal(found.has('httponly'), cookie.httpOnly)
        assert.equal(found.has('partitioned'), cookie.partitioned)
        assert.equal(found.has('secure'), cookie.secure === 'auto' ? isSecure : cookie.secure)
        assert.equal(found.get('max-age'), cookie.persistent ? '5' : undefined)
      }),
    )
  })
})

describe('clearCookie', () => {
  test('clearCookie clears with the very attributes that the cookie was written with', () => {
    fc.assert(
      fc.property(settings, fc.boolean(), (cookie, isSecure) => {
        const written = attributesOf(writeCookie(cookie, token, 5, isSecure).line)
        const cleared = attributesOf(clearCookie(cookie, isSecure).line)
        assert.equal(cleared.get('max-age'), '0')
        assert.equal(cleared.get('expires'), 'Thu, 01 Jan 1970 00:00:00 GMT')
        for (const found of [written, cleared]) {
          found.delete('max-age')
          found.delete('expires')
        }
        assert.deepEqual(cleared, written)
      }),
    )
  })

  test('clearCookie empties the value', () => {
    assert.ok(clearCookie(plain, false).line.startsWith('session_id=;'))
  })
})

function attributesOf(line: string): Map<string, string> {
  const [, ...attributes] = line.split('; ')
  return new Map(
    attributes.map((attribute) => {
      const [key = '', ...value] = attribute.split('=')
      return [key.toLowerCase(), value.join('=')]
    }),
  )
}
