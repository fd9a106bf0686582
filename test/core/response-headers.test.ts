import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { applyHeaders } from '../../src/manager/request/headers.ts'
import { Session } from '../../src/session/session.ts'
import { SessionValues } from '../../src/session/session-values.ts'
import { isPromise } from '../../src/awaitable.ts'
import type { RequestLine, SessionOptions } from '../../src/manager/session-options.ts'
import { demandNoUnhandled } from '../support/demand-no-unhandled.ts'
import { Browser, increment, setUp, settle, typesOf, openExchange } from './harness.ts'
import type { LooseSession } from './harness.ts'

demandNoUnhandled()

/** What to call each public method with. A getter is read, and then there is nothing to say here. */
const given: Readonly<Record<string, readonly unknown[]>> = {
  get: ['a'],
  has: ['a'],
  set: ['a', 1],
  update: ['a', increment],
  delete: ['a'],
  take: ['a'],
  clear: [],
  keys: [],
  entries: [],
  flash: ['info', 'x'],
  takeFlash: ['info'],
  login: ['u_1'],
  regenerateId: [],
  logout: [],
  destroy: [],
  save: [],
  touch: [],
  consume: ['a'],
  transaction: [() => {}],
  toJSON: [],
  toString: [],
}

const members = [SessionValues.prototype, Session.prototype]
  .flatMap((prototype) => Object.entries(Object.getOwnPropertyDescriptors(prototype)))
  .filter(([name]) => name !== 'constructor')

describe('Vary: Cookie', () => {
  for (const [name, { get }] of members) {
    for (const kind of ['a visitor', 'a session']) {
      test(`Vary: Cookie is sent to ${kind} when ${name} was ${get ? 'read' : 'called'}`, async () => {
        const { browser } = setUp()
        if (kind === 'a session') await browser.visit((session) => session.set('other', 1))
        const headers = await browser.visit(async (session) => {
          if (get) return Reflect.get(session, name)
          const values = given[name]
          assert.ok(values, `this test does not know how to call ${name}`)
          return await (Reflect.get(session, name) as (...all: unknown[]) => unknown).apply(session, [
            ...values,
          ])
        })
        assert.equal(headers.vary, 'Cookie')
      })
    }
  }

  test('Vary: Cookie is sent when the handler looked at a session that the store could not give', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.plan('read', 'refuse')
    const headers = await browser.visit((session) => assert.throws(() => session.get('a')))
    assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private' })
  })

  test('Vary: Cookie is not sent when nothing was looked at', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    assert.deepEqual(await browser.visit(), {})
  })

  test('Vary: Cookie is not sent because the session was logged', async () => {
    const { inspect } = await import('node:util')
    const { browser } = setUp()
    assert.deepEqual(await browser.visit((session) => inspect(session)), {})
  })
})

describe('Cache-Control', () => {
  const cookies: readonly [string, (session: LooseSession) => void][] = [
    ['a new session', (session) => session.set('a', 1)],
    ['a login', (session) => session.login('u_1')],
    ['a new token', (session) => session.regenerateId()],
    ['a logout', (session) => session.logout()],
  ]
  for (const [what, act] of cookies) {
    test(`Cache-Control is private, no-store beside the cookie of ${what}`, async () => {
      const { browser } = setUp()
      if (what !== 'a new session') await browser.visit((session) => session.set('a', 1))
      const headers = await browser.visit(act, { cacheControl: 'max-age=60' })
      assert.ok(headers.setCookie)
      assert.equal(headers.cacheControl, 'private, no-store')
      assert.equal(headers.vary, 'Cookie')
    })
  }

  test('Cache-Control keeps no-transform beside the cookie, and nothing else', async () => {
    const { browser } = setUp()
    const headers = await browser.visit((session) => session.set('a', 1), {
      cacheControl: 'public, No-Transform, max-age=60',
    })
    assert.equal(headers.cacheControl, 'private, no-store, no-transform')
  })

  test('Cache-Control that says public is overruled with an event beside the cookie', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.login('u_1'), { cacheControl: 'public' })
    assert.equal(events.at(-1)?.type, 'made-private')
  })

  for (const [said, sent] of [
    [undefined, 'private'],
    ['max-age=60', 'private, max-age=60'],
    ['max-age=60, immutable', 'private, max-age=60, immutable'],
    ['no-store', 'no-store'],
    ['private', 'private'],
  ]) {
    test(`Cache-Control that says ${said} becomes ${sent} where a cookie came and the session was used`, async () => {
      const { browser, events } = setUp()
      await browser.visit((session) => session.set('a', 1))
      events.length = 0
      const headers = await browser.visit((session) => session.get('a'), { cacheControl: said })
      assert.deepEqual(headers, { vary: 'Cookie', cacheControl: sent })
      assert.deepEqual(events, [], 'nothing had been allowed')
    })
  }

  for (const cacheControl of [
    'public',
    'Public, max-age=60',
    'max-age=60,public',
    's-maxage=60',
    'S-MaxAge=5',
  ]) {
    test(`Cache-Control that says ${cacheControl} is overruled where the session was looked at, and told of`, async () => {
      const { browser, events } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const headers = await browser.visit((session) => session.get('a'), { cacheControl })
      assert.match(headers.cacheControl ?? '', /^private(?:, max-age=60)?$/)
      assert.equal(headers.vary, 'Cookie')
      assert.equal(events.at(-1)?.type, 'made-private')
    })
  }

  for (const cookie of ['short', 'a'.repeat(64), '']) {
    test(`Cache-Control is private for a cookie of our name that opens nothing: ${cookie.length} letters`, async () => {
      const { sessions } = setUp()
      const headers = await new Browser(sessions, `session_id=${cookie}`).visit((session) => session.userId)
      assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private' })
    })
  }

  test('Cache-Control is private for the old cookie of a session that has ended', async () => {
    const { browser, sessions } = setUp()
    await browser.visit((session) => session.login('u_1'))
    const old = new Browser(sessions, browser.cookie)
    await browser.visit((session) => session.logout())
    const headers = await old.visit((session) => session.userId, { cacheControl: 'max-age=60' })
    assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private, max-age=60' })
  })

  for (const cacheControl of [undefined, 'public, max-age=60', 's-maxage=60', 'max-age=60', 'private']) {
    test(`Cache-Control that says ${cacheControl} stays for a visitor, whose page is nobody's`, async () => {
      const { sessions, events } = setUp()
      const headers = await new Browser(sessions, 'other=1').visit((session) => session.userId, {
        cacheControl,
      })
      assert.deepEqual(headers, { vary: 'Cookie', ...(cacheControl !== undefined && { cacheControl }) })
      assert.deepEqual(events, [])
    })
  }

  test('Cache-Control that says public stays where nothing was looked at', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    events.length = 0
    assert.deepEqual(await browser.visit(undefined, { cacheControl: 'public' }), { cacheControl: 'public' })
    assert.deepEqual(events, [])
  })

  test('Cache-Control is private where the session was looked at between the save and the last word', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { session, exchange } = await browser.open()
    const decided = await exchange.conclude({ status: 200 })
    assert.equal(session.get('a'), 1)
    const headers = new Headers({ 'cache-control': 'public' })
    decided.applyCaching(headers)
    assert.deepEqual(
      [...headers],
      [
        ['cache-control', 'private'],
        ['vary', 'Cookie'],
      ],
    )
  })
})

/** The headers of a page that used the session of a user, by what the application said. */
const show = async (options: SessionOptions, line: Partial<RequestLine>, said: Record<string, string>) => {
  const { browser, sessions, events } = setUp(options)
  await browser.visit((session) => session.login('u_1'))
  events.length = 0
  const exchange = await openExchange(sessions, { ...line, cookie: browser.cookie, secure: false })
  const { session } = exchange
  assert.equal(session.userId, 'u_1')
  const headers = new Headers(said)
  applyHeaders(await exchange.conclude({ status: 200 }), headers)
  return { headers: Object.fromEntries(headers), events }
}

/** A function given as `caching` that is not to be called. */
const refuseToAnswer = () => assert.fail('asked')

describe('the option caching', () => {
  const said = { 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=600' }
  const shown = { 'cache-control': 'private, max-age=60', vary: 'Cookie' }
  const line = { method: 'GET', path: '/feed/1' }

  test("'vary' leaves all but Vary to the application", async () => {
    const { headers, events } = await show({ caching: 'vary' }, line, said)
    assert.deepEqual(headers, { ...said, vary: 'Cookie' })
    assert.deepEqual(events, [])
  })

  test("'vary' changes nothing for a response with the cookie", async () => {
    const { browser } = setUp({ caching: () => 'vary' })
    const headers = await browser.visit((session) => session.set('a', 1), { cacheControl: 'public' })
    assert.equal(headers.cacheControl, 'private, no-store')
  })

  test('the option caching as a function decides by method and path', async () => {
    const asked: RequestLine[] = []
    const caching = (request: RequestLine) => {
      asked.push(request)
      return request.path.startsWith('/feed/') ? 'vary' : ('private' as const)
    }
    assert.deepEqual((await show({ caching }, line, said)).headers, { ...said, vary: 'Cookie' })
    assert.deepEqual((await show({ caching }, { method: 'GET', path: '/' }, said)).headers, shown)
    assert.deepEqual(asked, [line, { method: 'GET', path: '/' }])
  })

  test('the option caching as a function is not asked where it decides nothing, nor without method and path', async () => {
    assert.deepEqual((await show({ caching: refuseToAnswer }, {}, said)).headers, shown)
    const { browser, sessions } = setUp({ caching: refuseToAnswer })
    await browser.visit((session) => session.login('u_1'))
    for (const [cookie, use] of [
      [undefined, (session: LooseSession) => session.userId],
      [browser.cookie, () => {}],
    ] as const) {
      const exchange = await openExchange(sessions, { ...line, cookie, secure: false })
      const { session } = exchange
      use(session)
      applyHeaders(await exchange.conclude({ status: 200 }), new Headers())
    }
  })

  const faults: Readonly<Record<string, () => unknown>> = {
    throws: () => {
      throw new Error('no answer')
    },
    'answers another word': () => 'public',
    'answers nothing': () => undefined,
    'answers a promise': async () => 'vary',
    'answers a promise that rejects': async () => {
      throw new Error('no answer')
    },
  }
  for (const [what, fault] of Object.entries(faults)) {
    test(`the option caching as a function that ${what} counts as private, with an event`, async () => {
      const { headers, events } = await show({ caching: fault as () => 'vary' }, line, said)
      await settle()
      assert.deepEqual(headers, shown)
      const [failed, made] = events
      assert.ok(failed?.type === 'failed' && failed.during === 'caching')
      assert.ok(failed.error instanceof Error)
      assert.equal(made?.type, 'made-private')
    })
  }
})

describe('Set-Cookie', () => {
  test('Set-Cookie comes only when the cookie changes', async () => {
    const { browser } = setUp()
    assert.ok((await browser.visit((session) => session.set('a', 1))).setCookie)
    assert.equal((await browser.visit((session) => session.set('a', 2))).setCookie, undefined)
    assert.equal((await browser.visit((session) => session.get('a'))).setCookie, undefined)
    assert.equal((await browser.visit((session) => session.save())).setCookie, undefined)
    assert.ok((await browser.visit((session) => session.regenerateId())).setCookie)
    assert.ok((await browser.visit((session) => session.logout())).setCookie)
    assert.equal((await browser.visit((session) => session.get('a'))).setCookie, undefined)
  })

  test('Set-Cookie comes once, with the last token, when the session was saved before and rotated after', async () => {
    const { browser } = setUp()
    let shown = ''
    await browser.visit(async (session) => {
      session.set('a', 1)
      await session.save()
      session.login('u_1')
      await session.save()
      session.regenerateId()
      shown = session.id
    })
    assert.equal(browser.token, shown)
    assert.equal(await browser.see((session) => session.userId), 'u_1')
  })

  test('Set-Cookie is Secure for https under auto, and not for plain http', async () => {
    const { sessions } = setUp()
    for (const secure of [true, false]) {
      const exchange = await openExchange(sessions, { cookie: null, secure })
      const { session } = exchange
      session.login('u_1')
      const setCookie = (await exchange.conclude({ status: 200 })).cookies[0]?.line ?? ''
      assert.equal(/; Secure/.test(setCookie), secure)
    }
  })

  test('Set-Cookie has the name of the option, and the cookie is read by that name only', async () => {
    const { browser, sessions } = setUp({ cookie: { name: '__Host-shop', secure: true } })
    const { setCookie } = await browser.visit((session) => session.set('a', 1))
    assert.match(
      setCookie ?? '',
      /^__Host-shop=[0-9a-f]{64}; Max-Age=86400; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    assert.equal(await browser.see((session) => session.get('a')), 1)
    const other = await openExchange(sessions, { cookie: `session_id=${browser.token}`, secure: true })
    assert.equal(other.session.isNew, true)
  })

  test('Set-Cookie has no Max-Age when the cookie is to end with the browser', async () => {
    const { browser } = setUp({ cookie: { persistent: false } })
    const { setCookie } = await browser.visit((session) => session.set('a', 1))
    assert.doesNotMatch(setCookie ?? '', /Max-Age|Expires/)
  })
})

describe('conclude', () => {
  test('conclude answers at once when nothing is to be saved, even after a Date was read', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('when', new Date(5)))
    for (const look of [() => {}, (session: LooseSession) => session.get('when')]) {
      const { session, exchange } = await browser.open()
      look(session)
      assert.equal(isPromise(exchange.conclude({ status: 200 })), false)
    }
  })

  test('conclude answers at once after a save that has ended', async () => {
    const { browser } = setUp()
    const { session, exchange } = await browser.open()
    session.set('a', 1)
    await session.save()
    assert.equal(isPromise(exchange.conclude({ status: 200 })), false)
  })

  test('conclude of a request that only reads waits for no other request', async () => {
    const { browser, store, events } = setUp()
    await browser.visit((session) => session.set('when', new Date(5)))
    const [writing, reading] = [await browser.open(), await browser.open()]
    writing.session.login('u_1')
    reading.session.get('when')
    store.plan('commit', 'hold')
    const ending = writing.conclude()
    const held = await store.held('commit')
    let headers: unknown
    void reading.conclude().then((given) => (headers = given))
    await settle()
    held.pass()
    await ending
    assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private' })
    assert.equal(typesOf(events).includes('dropped'), false)
  })
})
