import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { matchesPath } from '../../src/cookie/cookie-options.ts'
import { SessionConfigError, SessionStateError } from '../../src/contract/errors.ts'
import { defaults } from '../../src/manager/resolve-options.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionOptions } from '../../src/manager/session-options.ts'
import { open } from '../../src/manager/request/open.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { openExchange } from './harness.ts'

/** A manager, and a request of it at a path, with a cookie or without. */
function setUp(options: SessionOptions = {}) {
  const store = memoryStore()
  const sessions = createSessionManager<Record<string, unknown>>({ store, onEvent: () => {}, ...options })
  const visit = (path: string | undefined, cookie?: string) =>
    openExchange(sessions, { cookie, secure: true, ...(path === undefined ? {} : { method: 'GET', path }) })
  const signIn = async (path: string): Promise<string> => {
    const exchange = await visit(path)
    exchange.session.login('admin')
    const setCookie = (await exchange.conclude({ status: 200 })).cookies[0]?.line ?? ''
    return setCookie.split(';', 1)[0] ?? ''
  }
  return { store, sessions, visit, signIn }
}

describe('the path of a request', () => {
  // RFC 6265, section 5.1.4.
  const rows: readonly [path: string, basePath: string, requestPath: string, isInside: boolean][] = [
    ['/', '', '/anything', true],
    ['/admin', '', '/admin', true],
    ['/admin', '', '/admin/', true],
    ['/admin', '', '/admin/users', true],
    ['/admin', '', '/administration', false],
    ['/admin', '', '/Admin', false],
    ['/admin', '', '/', false],
    ['/admin/', '', '/admin', false],
    ['/admin/', '', '/admin/users', true],
    ['/shop', '/shop', '/cart', true],
    ['/shop/admin', '/shop', '/admin/users', true],
    ['/shop/admin', '/shop', '/cart', false],
  ]
  for (const [path, basePath, requestPath, isInside] of rows) {
    test(`${basePath}${requestPath} is ${isInside ? 'inside' : 'outside'} of ${path}`, () => {
      assert.equal(matchesPath({ ...defaults.cookie, path, basePath }, requestPath), isInside)
    })
  }
})

describe('outside of the path of the cookie', () => {
  test('a session reads as a visitor’s, a change throws and says why, and nothing is created', async () => {
    const { store, visit } = setUp({ cookie: { path: '/admin' } })
    const exchange = await visit('/shop')
    const { session } = exchange
    assert.deepEqual([session.isNew, session.userId, session.keys()], [true, undefined, []])
    for (const change of [
      () => session.set('a', 1),
      () => session.update('a', () => 1),
      () => session.flash('notice', 'x'),
      () => session.login('u_1'),
      () => session.regenerateId(),
    ]) {
      assert.throws(
        change,
        (error) => error instanceof SessionStateError && /cookie\.path/.test(error.message),
      )
    }
    await assert.rejects(
      session.transaction((values) => values.set('a', 1)),
      SessionStateError,
    )
    session.logout()
    assert.equal((await exchange.conclude({ status: 200 })).cookies[0]?.line, undefined)
    assert.equal(store.size, 0)
  })

  test('eager creates nothing, and inside it does', async () => {
    const { store, visit } = setUp({ cookie: { path: '/admin' }, eager: true })
    await visit('/favicon.ico')
    assert.equal(store.size, 0)
    await visit('/admin/favicon.ico')
    assert.equal(store.size, 1)
  })

  test('a session that a request opens is inside, whatever its path, and so is one without a path', async () => {
    const { visit, signIn } = setUp({ cookie: { path: '/admin' } })
    const cookie = await signIn('/admin')
    const { session } = await visit('/shop', cookie)
    assert.equal(session.userId, 'admin')
    session.set('a', 1)
    ;(await visit(undefined)).session.set('a', 1)
  })

  test('a cookie that opens nothing changes nothing, or a new one would replace the live one of the path', async () => {
    const { store, visit, signIn } = setUp({ cookie: { path: '/admin' } })
    await signIn('/admin')
    for (const cookie of ['session_id=junk', `session_id=${'a'.repeat(64)}`]) {
      const exchange = await visit('/shop', cookie)
      const { session } = exchange
      assert.throws(() => session.set('a', 1), /cookie\.path/)
      assert.equal((await exchange.conclude({ status: 200 })).cookies[0]?.line, undefined)
    }
    assert.equal(store.size, 1)
  })

  test('outside of the path of the cookie: of a proxy that strips a prefix is what basePath says', async () => {
    const { signIn } = setUp({ cookie: { path: '/shop', basePath: '/shop' } })
    assert.match(await signIn('/cart'), /^session_id=[0-9a-f]{64}$/)
    for (const basePath of ['shop', '/shop/', '/a;b', 5] as string[]) {
      assert.throws(() => setUp({ cookie: { basePath } }), SessionConfigError)
    }
  })
})

describe('former variants of the cookie', () => {
  const former = [{ path: '/shop' }, { domain: 'shop.example' }, { path: '/a', domain: 'b.example' }]

  test('former variants of the cookie are expired by login and logout, and by nothing else', async () => {
    const { visit, signIn } = setUp({ cookie: { former } })
    const cookie = await signIn('/')
    const reading = await visit('/', cookie)
    reading.session.set('a', 1)
    assert.deepEqual((await reading.conclude({ status: 200 })).cookies, [])
    for (const act of ['login', 'logout'] as const) {
      const exchange = await visit('/', act === 'login' ? undefined : cookie)
      exchange.session[act]('admin')
      const [own, ...former] = (await exchange.conclude({ status: 200 })).cookies
      assert.match(own?.line ?? '', act === 'login' ? /Path=\// : /Max-Age=0/)
      assert.deepEqual(
        former.map(({ line }) => line.replace(/; (HttpOnly|Secure|SameSite=Lax|Expires=[^;]*)/g, '')),
        [
          'session_id=; Max-Age=0; Path=/shop',
          'session_id=; Max-Age=0; Domain=shop.example; Path=/',
          'session_id=; Max-Age=0; Domain=b.example; Path=/a',
        ],
      )
    }
  })

  test('former variants of the cookie reach the browser through fetch, each in a header of its own', async () => {
    const { sessions } = setUp({ cookie: { former } })
    const response = await sessions.handle(new Request('https://shop.example/'), (_request, session) => {
      session.login('u_1')
      return new Response('in')
    })
    assert.equal(response.headers.getSetCookie().length, 4)
  })

  test('former variants of the cookie are refused unless each is a path and a domain', () => {
    for (const [wrong, message] of [
      [{}, ': received object; allowed is a list of at most 8'],
      ['x', ": received 'x'; allowed is a list of at most 8"],
      [[5], '[0]: received 5; allowed is an object with path, domain'],
      [[{ path: '/' }, null], '[1]: received null; allowed is an object with path, domain'],
      [Array.from({ length: 1 }), '[0]: received undefined; allowed is an object with path, domain'],
      [
        [{ path: '/' }, { path: 'shop' }],
        "[1].path: received 'shop'; allowed is a path that begins with '/'",
      ],
      [[{ domain: 'a b' }], "[0].domain: received 'a b'; allowed is a host name"],
      [[{ paht: '/' }], '[0].paht: unknown option. Allowed are path, domain'],
    ] as const) {
      assert.throws(
        () => setUp({ cookie: { former: wrong as never } }),
        (error: Error) => error.message.startsWith(`cookie.former${message}`),
      )
    }
    assert.throws(() => setUp({ cookie: { former: Array.from({ length: 9 }, () => ({ path: '/a' })) } }))
  })
})

test('two managers of one cookie name on one request are refused with a message', async () => {
  const [one, other] = [setUp().sessions, setUp().sessions]
  const admin = setUp({ cookie: { name: 'admin' } }).sessions
  const request = new Request('https://shop.example/')
  await one.handle(request, async () => {
    assert.equal((await openExchange(admin, request)).bind(request), true)
    assert.equal((await openExchange(one, request)).bind(request), false)
    assert.throws(
      () => void open(other, request),
      /^SessionConfigError: cookie\.name: received 'session_id', which another session manager on this request uses/,
    )
    await assert.rejects(
      other.handle(request, () => new Response('inner')),
      SessionConfigError,
    )
    return new Response('outer')
  })
})

test('the same manager twice on one request is one session', async () => {
  const { sessions, store } = setUp()
  const request = new Request('https://shop.example/')
  const response = await sessions.handle(request, (_outer, outer) => {
    outer.set('outer', 1)
    return sessions.handle(request, (_inner, inner) => {
      inner.set('inner', 2)
      return new Response(String(inner === outer))
    })
  })
  assert.equal(await response.text(), 'true')
  assert.equal(response.headers.getSetCookie().length, 1)
  assert.equal(store.size, 1)
})
