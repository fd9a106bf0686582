import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionOptions } from '../../src/manager/session-options.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, rowsOf, setUp } from '../core/harness.ts'

function withoutToken(text = ''): string {
  return text.replace(/[0-9a-f]{64}/, 'token')
}

/** Refused at construction, with a message that begins with this. */
function demandRefused(options: unknown, beginning: string): void {
  assert.throws(
    () => createSessionManager(options as SessionOptions),
    (error: unknown) => {
      assert.ok(error instanceof SessionConfigError, `${inspect(options)}: ${String(error)}`)
      assert.ok(error.message.startsWith(beginning), error.message)
      return true
    },
  )
}

const host = { name: '__Host-id', secure: true } as const

describe('an option', () => {
  test('row 57: that would hold a key or secret is refused as unknown, whatever it holds, without quoting it', () => {
    const secrets = [
      '',
      'changeme',
      'k'.repeat(31),
      'a'.repeat(32),
      Buffer.alloc(32),
      new Uint8Array(32),
      ['same', 'same'],
      { length: 32 },
    ]
    for (const name of ['encryptionKeys', 'encryptionKey', 'secret', 'secrets', 'keys', 'password']) {
      for (const value of secrets) {
        demandRefused({ [name]: value }, `${name}: unknown option. `)
        assert.throws(
          () => createSessionManager({ [name]: value }),
          (error: Error) => !/changeme|kkk|aaa|same/.test(error.message),
        )
      }
    }
  })

  test('row 58: of the cookie cannot smuggle in another attribute or header', () => {
    const smuggled: [string, unknown[]][] = [
      [
        'path',
        ['/; Domain=evil.example', '/\r\nSet-Cookie: x=y', '/\0', '', 'x', 5, ['/'], { toString: () => '/' }],
      ],
      ['domain', ['a\r\nSet-Cookie: x=y', 'a; Secure', 'a b', '', '-a', 'a..b', 'é.example', ['a'], 5, null]],
      ['sameSite', ['Lax; Secure', 'Lax', 'lax ', true, null, ['lax'], {}]],
      ['priority', [{}, 'High', 'high; Secure', 5, null, ['high']]],
      ['secure', ['true', 1, null, [], 'auto ']],
      ['httpOnly', ['false', 0, null, {}]],
      ['partitioned', ['true', 1, null]],
      ['persistent', ['false', 0, null]],
    ]
    for (const [name, values] of smuggled) {
      for (const value of values) demandRefused({ cookie: { [name]: value } }, `cookie.${name}: received `)
    }
  })

  test('row 59: of the cookie that its name or another attribute forbids is refused with the reason', () => {
    const forbidden: [object, string][] = [
      [
        { ...host, domain: 'shop.test' },
        "cookie.domain: received 'shop.test'; allowed is none, because the name begins with __Host-",
      ],
      [
        { ...host, path: '/app' },
        "cookie.path: received '/app'; allowed is '/', because the name begins with __Host-",
      ],
      [
        { ...host, secure: false },
        'cookie.secure: received false; allowed is true, because the name begins with __Host-',
      ],
      [
        { ...host, secure: 'auto' },
        "cookie.secure: received 'auto'; allowed is true, because the name begins with __Host-",
      ],
      [
        { ...host, name: '__host-id' },
        "cookie.name: received '__host-id'; allowed is the prefix spelled __Host-",
      ],
      [
        { name: '__Secure-id', secure: false },
        'cookie.secure: received false; allowed is true, because the name begins with __Secure-',
      ],
      [
        { ...host, name: '__Host-Http-id', httpOnly: false },
        'cookie.httpOnly: received false; allowed is true, because the name begins with __Host-Http-',
      ],
      [{ sameSite: 'none' }, "cookie.secure: received 'auto'; allowed is true, because sameSite is 'none'"],
      [
        { partitioned: true },
        "cookie.secure: received 'auto'; allowed is true, because the cookie is partitioned",
      ],
    ]
    for (const [cookie, message] of forbidden) demandRefused({ cookie }, message)
    createSessionManager({ cookie: { ...host, sameSite: 'none', partitioned: true } })
  })

  test('row 60: for a time must be positive, at most 400 days, and not in another unit', () => {
    const times = [
      -1,
      0,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      1e21,
      2 ** 53,
      2 ** 31,
      400 * 86_400 + 1,
      '401d',
      '0s',
      '-1h',
      '1 h',
      '1H',
      '1hour',
      'h',
      '',
      '1e3s',
      '١h',
      '0x10s',
      '9'.repeat(400) + 's',
      null,
      [5],
      {},
      5n,
      new Date(),
    ]
    for (const name of ['maxAge', 'idleTimeout', 'touchEvery', 'timeout']) {
      for (const value of times) demandRefused({ [name]: value }, `${name}: received `)
    }
    demandRefused({ maxAge: '1h', idleTimeout: '2h' }, 'idleTimeout: received ')
    demandRefused({ timeout: '301s' }, 'timeout: received ')
    for (const sweepEvery of [2 ** 31, Number.NaN, 0, '1h']) {
      demandRefused({ store: { ...memoryStore(), sweepEvery } }, 'store.sweepEvery: received ')
    }
  })

  test('row 60: for the longest time there is overflows no timer', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => void warnings.push(warning)
    process.on('warning', note)
    const sessions = createSessionManager({
      maxAge: '400d',
      idleTimeout: '400d',
      touchEvery: '399d',
      timeout: '5m',
      store: memoryStore({ sweepEvery: '1d' }),
    })
    const browser = new Browser(sessions)
    await browser.visit((session) => session.set('a', 1))
    assert.equal(await browser.see((session) => session.get('a')), 1)
    await new Promise((resolve) => void setImmediate(resolve))
    await sessions.close()
    process.off('warning', note)
    assert.deepEqual(warnings, [])
  })

  const polluted = {
    secure: false,
    httpOnly: false,
    sameSite: 'none',
    domain: 'evil.example',
    path: '/evil',
    priority: 'high',
    partitioned: true,
    persistent: false,
    expires: new Date(0),
    encode: () => 'evil',
    value: 'evil',
    name: 'evil',
    maxAge: 1,
    idleTimeout: '1s',
    touchEvery: '1ms',
    eager: true,
    strict: true,
    onUnreadable: 'discard',
    onStoreFailure: 'visitor',
    caching: 'vary',
    maxSize: 1,
    cookie: { name: 'evil' },
    store: {},
    carryOver: ['a'],
    details: 'evil',
    userId: 'evil',
    sweepEvery: 1,
    maxSessions: 1,
    graceUntil: 1e15,
    previousVerifierHash: 'f'.repeat(64),
  }

  /** A session's first answer and its last, with all of these on the prototype of every object. */
  async function visitPolluted(names: readonly string[]) {
    const before = setUp()
    await before.browser.visit((session) => session.set('b', 1))
    for (const name of names) {
      // oxlint-disable-next-line eslint/no-extend-native -- the pollution that is to be survived
      Object.defineProperty(Object.prototype, name, {
        value: Reflect.get(polluted, name),
        configurable: true,
        writable: true,
      })
    }
    try {
      const { browser, store, clock } = before
      const sessions = createSessionManager<Record<string, unknown>>({ clock, store, cookie: {} })
      const visitor = new Browser(sessions, browser.cookie)
      const stranger = await new Browser(sessions).see((session) => session.userId)
      const { setCookie } = await visitor.visit((session) => (session.set('a', [1]), session.login('anna')))
      const row = rowsOf(store.rows, clock)
      const seen = await visitor.see((session) => [session.get('a'), session.get('b')])
      const cleared = await visitor.visit((session) => session.logout())
      return {
        stranger,
        setCookie,
        details: row.map((each) => Object.getOwnPropertyDescriptor(each, 'details')?.value),
        seen,
        clearing: cleared.setCookie,
        rows: store.rows.size,
      }
    } finally {
      for (const name of names) Reflect.deleteProperty(Object.prototype, name)
    }
  }

  test('row 61: on the prototype of all objects is no option, no attribute and no property of a record', async () => {
    const expected = await visitPolluted([])
    assert.equal(
      expected.clearing,
      'session_id=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
    )
    for (const names of [...Object.keys(polluted).map((name) => [name]), Object.keys(polluted)]) {
      const found = await visitPolluted(names)
      assert.deepEqual(
        { ...found, setCookie: withoutToken(found.setCookie) },
        { ...expected, setCookie: withoutToken(expected.setCookie) },
        names.join(),
      )
    }
  })

  test('row 61: on the prototype of the given object is no option', () => {
    const { cookie, maxAge } = { cookie: 5, maxAge: -1 }
    createSessionManager(Object.create({ cookie, maxAge }) as SessionOptions)
    createSessionManager({ cookie: Object.create({ name: 'a b', secure: 'x' }) as object })
  })

  test('row 62: in another spelling is refused with a suggestion', () => {
    const spellings: [object, string][] = [
      [{ cookie: { httponly: true } }, "cookie.httponly: unknown option. Did you mean 'httpOnly'?"],
      [{ cookie: { same_site: 'lax' } }, "cookie.same_site: unknown option. Did you mean 'sameSite'?"],
      [{ 'max-age': '1h' }, "max-age: unknown option. Did you mean 'maxAge'?"],
      [{ IdleTimeout: '1h' }, "IdleTimeout: unknown option. Did you mean 'idleTimeout'?"],
      [{ cookie: { maxAge: 5 } }, 'cookie.maxAge: unknown option. Write maxAge beside cookie'],
      [{ resave: false }, 'resave: unknown option. Allowed are cookie, maxAge'],
      [JSON.parse('{"__proto__":{"eager":true}}') as object, '__proto__: unknown option. '],
      [{ ['x'.repeat(10_000)]: 1 }, `'${'x'.repeat(40)}…': unknown option. `],
    ]
    for (const [options, message] of spellings) demandRefused(options, message)
  })

  test('row 63: that would trust an origin or a proxy is refused as unknown', () => {
    const origins = [
      '*',
      'null',
      'https://*.shop.test',
      'https://shop.test/path',
      'https://user@shop.test',
      'http://shop.test',
      true,
    ]
    for (const name of ['trustedOrigins', 'origins', 'origin', 'trustProxy', 'proxy']) {
      for (const value of origins) demandRefused({ [name]: value }, `${name}: unknown option. `)
    }
  })
})
