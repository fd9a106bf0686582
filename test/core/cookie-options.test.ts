import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CookieOptions } from '../../src/cookie/cookie-options.ts'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { openExchange } from './harness.ts'

describe('the cookie options', () => {
  const refused: readonly [string, unknown, string][] = [
    ['an empty name', { name: '' }, 'cookie.name'],
    ['a name with a space', { name: 'a b' }, 'cookie.name'],
    ['a name with an equals sign', { name: 'a=b' }, 'cookie.name'],
    ['a name with a semicolon', { name: 'a;b' }, 'cookie.name'],
    ['a name outside ASCII', { name: 'é' }, 'cookie.name'],
    ['a name with a line end', { name: 'a\r\nb' }, 'cookie.name'],
    ['a name of 129 characters', { name: 'a'.repeat(129) }, 'cookie.name'],
    ['the name __proto__', { name: '__proto__' }, 'cookie.name'],
    ['the name constructor', { name: 'constructor' }, 'cookie.name'],
    ['the name toString', { name: 'toString' }, 'cookie.name'],
    ['a name that is a number', { name: 5 }, 'cookie.name'],
    ['a path without a slash', { path: 'shop' }, 'cookie.path'],
    ['a path that smuggles an attribute', { path: '/; Domain=evil.example' }, 'cookie.path'],
    ['a path with a line end', { path: '/\n' }, 'cookie.path'],
    ['a domain that smuggles a header', { domain: 'a\r\nSet-Cookie: x=y' }, 'cookie.domain'],
    ['a domain with a leading dot', { domain: '.example.com' }, 'cookie.domain'],
    ['a domain with a port', { domain: 'example.com:80' }, 'cookie.domain'],
    ['a domain with a hyphen at an edge', { domain: '-a.example' }, 'cookie.domain'],
    ['a domain with a label of 64', { domain: `${'a'.repeat(64)}.example` }, 'cookie.domain'],
    ['a domain of 254', { domain: `${'a'.repeat(62)}.`.repeat(4) + 'ab' }, 'cookie.domain'],
    ['a path of 1025', { path: `/${'a'.repeat(1024)}` }, 'cookie.path'],
    ['an empty domain', { domain: '' }, 'cookie.domain'],
    ['an unknown SameSite', { sameSite: 'Lax; Secure' }, 'cookie.sameSite'],
    ['SameSite in upper case', { sameSite: 'Lax' }, 'cookie.sameSite'],
    ['SameSite as a boolean', { sameSite: true }, 'cookie.sameSite'],
    ['a priority that is an object', { priority: {} }, 'cookie.priority'],
    ['httpOnly as text', { httpOnly: 'true' }, 'cookie.httpOnly'],
    ['secure as text', { secure: 'yes' }, 'cookie.secure'],
    ['persistent as a number', { persistent: 0 }, 'cookie.persistent'],
    ['SameSite none without secure', { sameSite: 'none' }, 'cookie.secure'],
    ['SameSite none with secure auto', { sameSite: 'none', secure: 'auto' }, 'cookie.secure'],
    ['partitioned without secure', { partitioned: true }, 'cookie.secure'],
    ['a __Host- name without secure', { name: '__Host-s' }, 'cookie.secure'],
    ['a __Secure- name without secure', { name: '__Secure-s', secure: false }, 'cookie.secure'],
    ['a __Host- name with a path', { name: '__Host-s', secure: true, path: '/shop' }, 'cookie.path'],
    [
      'a __Host- name with a domain',
      { name: '__Host-s', secure: true, domain: 'a.example' },
      'cookie.domain',
    ],
    [
      'a __Http- name without httpOnly',
      { name: '__Http-s', secure: true, httpOnly: false },
      'cookie.httpOnly',
    ],
    [
      'a __Host-Http- name with a path',
      { name: '__Host-Http-s', secure: true, path: '/shop' },
      'cookie.path',
    ],
    ['a prefix in other case', { name: '__host-s', secure: true }, 'cookie.name'],
    ['an unknown option', { httponly: true }, 'cookie.httponly'],
    [
      'maxAge, which belongs to the session',
      { maxAge: 5 },
      'cookie.maxAge: unknown option. Write maxAge beside cookie',
    ],
    ['null', null, 'cookie'],
    ['an array', [], 'cookie'],
    ['text', 'session', 'cookie'],
  ]
  for (const [what, cookie, option] of refused) {
    test(`the cookie options refuse ${what} and name ${option}`, () => {
      assert.throws(
        () => createSessionManager({ cookie: cookie as CookieOptions }),
        (error: unknown) => {
          assert.ok(error instanceof SessionConfigError, String(error))
          assert.ok(error.message.startsWith(option), error.message)
          return true
        },
      )
    })
  }

  const accepted: readonly CookieOptions[] = [
    {},
    { name: '__Host-session', secure: true },
    { name: '__Secure-session', secure: true, domain: 'example.com', path: '/shop' },
    { name: '__Host-Http-session', secure: true },
    { name: 'a'.repeat(128), path: '/a b', sameSite: 'strict', priority: 'high', persistent: false },
    { sameSite: 'none', secure: true, partitioned: true },
    { secure: false, httpOnly: false, sameSite: 'lax', priority: 'low' },
    { domain: 'a.bc.example' },
    { domain: 'xn--bcher-kva.example', priority: 'medium' },
    { name: undefined, path: undefined, secure: undefined },
  ]
  for (const cookie of accepted) {
    test(`the cookie options accept ${JSON.stringify(cookie).slice(0, 80)}`, () =>
      void createSessionManager({ cookie }))
  }

  test('the cookie options are read from own properties only', async () => {
    const cookie = Object.create({ name: 'polluted', secure: true }) as CookieOptions
    const sessions = createSessionManager({ cookie })
    const exchange = await openExchange(sessions, { cookie: null, secure: false })
    const { session } = exchange
    session.login('u_1')
    const setCookie = (await exchange.conclude({ status: 200 })).cookies[0]?.line ?? ''
    assert.match(setCookie ?? '', /^session_id=[0-9a-f]{64}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  test('the cookie options show in an error what was received and what is allowed', () => {
    assert.throws(() => createSessionManager({ cookie: { sameSite: 'none' } }), {
      message: "cookie.secure: received 'auto'; allowed is true, because sameSite is 'none'",
    })
  })
})
