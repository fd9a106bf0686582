import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { currentSession } from '../../src/context.ts'
import { SessionStateError } from '../../src/contract/errors.ts'
import { getSession } from '../../src/manager/request/bindings.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { open } from '../../src/manager/request/open.ts'
import { openExchange, setUp } from './harness.ts'

describe('a binding', () => {
  test('a binding gives the session of a request, by its manager and by getSession', async () => {
    const { sessions, browser } = setUp()
    const { session, exchange } = await browser.open()
    const context = {}
    assert.equal(exchange.bind(context), true)
    assert.equal(sessions.get(context), session)
    assert.equal(getSession(context), session)
  })

  test('a binding of two managers on one request is told apart by the manager, and getSession says so', async () => {
    const [shop, admin] = [setUp(), setUp({ cookie: { name: 'admin' } })]
    const visits = [await shop.browser.open(), await admin.browser.open()] as const
    const context = {}
    for (const { exchange } of visits) assert.equal(exchange.bind(context), true)
    assert.equal(shop.sessions.get(context), visits[0].session)
    assert.equal(admin.sessions.get(context), visits[1].session)
    assert.throws(
      () => getSession(context),
      (error: unknown) =>
        error instanceof SessionStateError && /two session managers.*sessions\.get/.test(error.message),
    )
  })

  test('a binding that is missing is an error that says what to add', () => {
    const { sessions } = setUp()
    for (const context of [{}, Object.create(null) as object]) {
      assert.throws(() => getSession(context), /SessionStateError.*add the middleware/)
      assert.throws(() => sessions.get(context), /SessionStateError.*middleware/)
    }
  })

  test('a binding that is asked for without a context is the same error', () => {
    const { sessions } = setUp()
    for (const context of [undefined, null] as unknown as object[]) {
      assert.throws(() => getSession(context), SessionStateError)
      assert.throws(() => sessions.get(context), SessionStateError)
    }
  })

  test('a binding is no property that anybody lists', async () => {
    const { browser } = setUp()
    const context = { method: 'GET' }
    ;(await browser.open()).exchange.bind(context)
    assert.deepEqual(Object.keys(context), ['method'])
    assert.equal(JSON.stringify(context), '{"method":"GET"}')
    assert.doesNotMatch(inspect(context), /coatcheck|Session/)
  })

  test('a binding is not shared by requests that are made alike', async () => {
    const { sessions, browser } = setUp()
    const first = {}
    const other = {}
    ;(await browser.open()).exchange.bind(first)
    assert.throws(() => sessions.get(other), SessionStateError)
  })
})

describe('open', () => {
  test('open takes what a manager is, also one that was spread into another object, and nothing else', async () => {
    const { sessions } = setUp()
    const request = { cookie: undefined, secure: false }
    for (const fake of [{}, null, undefined, 'x', { get() {} }, { 'coatcheck.open': () => {} }]) {
      assert.throws(() => void open(fake as never, request), /^TypeError: open: .* session manager$/)
    }
    const spread = { ...sessions, audit: () => {} }
    const raw = {}
    const exchange = await openExchange(spread, { ...request, raw })
    assert.equal(await open(sessions, { ...request, raw }), exchange)
    exchange.bind(raw)
    assert.equal(spread.get(raw), exchange.session)
    assert.equal(sessions.get(raw), exchange.session)
  })

  test('open gives one exchange for one request, also while its session is loaded', async () => {
    const { sessions, store, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.plan('read', 'hold')
    const request = { raw: {}, cookie: browser.cookie, secure: false }
    const both = [openExchange(sessions, request), openExchange(sessions, request)]
    ;(await store.held('read')).pass()
    const [one, other] = await Promise.all(both)
    assert.equal(one, other)
  })

  test('open binds an object once, and each object by itself', async () => {
    const { sessions, browser } = setUp()
    const raw = {}
    const exchange = await openExchange(sessions, { raw, cookie: browser.cookie, secure: false })
    assert.throws(() => sessions.get(raw), SessionStateError)
    assert.throws(() => getSession(raw), SessionStateError)
    const context = {}
    assert.deepEqual(
      [raw, context, raw, context].map((each) => exchange.bind(each)),
      [true, true, false, false],
    )
    assert.equal(getSession(raw), getSession(context))
  })

  test('concludes an exchange once: later it gives no headers and saves nothing', async () => {
    const { browser } = setUp()
    const { session, exchange } = await browser.open()
    session.set('a', 1)
    assert.equal((await exchange.conclude({ status: 200 })).cookies.length, 1)
    const again = await exchange.conclude({ status: 500 })
    assert.deepEqual(again.cookies, [])
  })

  test('open lets handlers find the exchange that was bound, not one that was only opened', async () => {
    const { sessions, store, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const raw = {}
    await openExchange(sessions, { raw, cookie: browser.cookie, secure: false })
    const { exchange, session } = await browser.open()
    assert.equal(exchange.bind(raw), true)
    assert.equal(sessions.get(raw), session)
    const loading = {}
    store.plan('read', 'hold')
    const opening = openExchange(sessions, { raw: loading, cookie: browser.cookie, secure: false })
    const held = await store.held('read')
    exchange.bind(loading)
    assert.equal(sessions.get(loading), session)
    held.pass()
    await opening
    assert.equal(sessions.get(loading), session)
  })

  test('open refuses a request, or a raw one, that is no object', () => {
    const { sessions } = setUp()
    for (const wrong of [undefined, null, 'x', 5]) {
      assert.throws(
        () => void open(sessions, wrong as never),
        /^TypeError: open: the request must be an object/,
      )
    }
    const request = { raw: 'x', cookie: undefined, secure: false }
    assert.throws(
      () => void open(sessions, request as never),
      /^TypeError: open: raw must be an object, received string/,
    )
  })

  test('conclude gives its headers once, also to two calls at a time', async () => {
    const { browser, store } = setUp()
    const { session, exchange } = await browser.open()
    session.set('a', 1)
    store.plan('create', 'hold')
    const both = [exchange.conclude({ status: 200 }), exchange.conclude({ status: 200 })].map(
      async (each) => each,
    )
    ;(await store.held('create')).pass()
    const [one, other] = await Promise.all(both)
    assert.deepEqual([one?.cookies.length, other?.cookies.length], [1, 0])
  })

  test('conclude after a failed save sends the token that was saved before', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.login('u_1'))
    const { session, exchange } = await browser.open()
    session.regenerateId()
    await session.save()
    session.set('a', 1)
    store.always('commit', 'refuse')
    await assert.rejects(async () => exchange.conclude({ status: 200 }), { code: 'ERR_SESSION_STORE' })
    const { cookies } = await exchange.conclude({ hasFailed: true })
    browser.receive({ setCookie: cookies[0]?.line ?? '' })
    assert.equal(await browser.see((each) => each.userId), 'u_1')
  })

  test('open takes a web-standard request as it is', async () => {
    const { sessions, browser } = setUp({ cookie: { secure: 'auto' } })
    await browser.visit((session) => session.set('a', 1))
    const request = new Request('https://shop.example/cart?b=2', { headers: { cookie: `${browser.cookie}` } })
    const { session } = await openExchange(sessions, request)
    assert.equal(session.get('a'), 1)
  })

  test('concludes without an answer where there is no response', async () => {
    const { sessions, browser } = setUp()
    await browser.visit((session) => session.login('u_1'))
    const { session, exchange } = await browser.open()
    session.set('a', 1)
    assert.deepEqual((await exchange.conclude()).cookies, [])
    assert.equal(await browser.see((each) => each.get('a')), 1)
    assert.equal((await sessions.list('u_1')).length, 1)
  })

  test('open gives the cookie in parts and as a line', async () => {
    const { browser } = setUp({ cookie: { domain: 'shop.example' } })
    const { session, exchange } = await browser.open()
    session.set('a', 1)
    const [cookie] = (await exchange.conclude({ status: 200 })).cookies
    assert.deepEqual(cookie, {
      name: 'session_id',
      value: session.id,
      attributes: {
        path: '/',
        domain: 'shop.example',
        httpOnly: true,
        secure: false,
        sameSite: 'lax',
        partitioned: false,
        maxAge: 86_400,
      },
      line: `session_id=${session.id}; Max-Age=86400; Domain=shop.example; Path=/; HttpOnly; SameSite=Lax`,
    })
  })

  test('open saves in the next turn what is changed after the head, and settled waits for it', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { session, exchange } = await browser.open()
    await exchange.conclude({ status: 200 })
    session.set('a', 2)
    store.plan('commit', 'hold')
    let isSettled = false
    const settling = exchange.settled.then(() => (isSettled = true))
    const held = await store.held('commit')
    assert.equal(isSettled, false)
    held.pass()
    await settling
    assert.equal(await browser.see((each) => each.get('a')), 2)
  })
})

describe('currentSession', () => {
  test('currentSession gives the session of the request that is handled, in all it starts', async () => {
    const { browser } = setUp({ context: true })
    const visits = [await browser.open(), await browser.open()]
    await Promise.all(
      visits.map(({ session, exchange }) =>
        exchange.run(async () => {
          assert.equal(currentSession(), session)
          await new Promise((resolve) => setImmediate(resolve))
          assert.equal(currentSession(), session)
        }),
      ),
    )
    assert.throws(() => currentSession(), SessionStateError)
  })

  test('currentSession without the option says which one is missing', async () => {
    const { browser } = setUp()
    const { exchange } = await browser.open()
    exchange.run(() => assert.throws(() => currentSession(), /SessionStateError.*context: true/))
  })

  test('currentSession works in handle', async () => {
    const sessions = createSessionManager({ context: true })
    await sessions.handle(new Request('http://shop.example/'), async (_, session) => {
      await Promise.resolve()
      assert.equal(currentSession(), session)
      return new Response('ok')
    })
    await sessions.close()
  })

  test('currentSession passes on what the handler returns and throws', async () => {
    const { browser } = setUp({ context: true })
    const { exchange } = await browser.open()
    assert.equal(
      exchange.run(() => 5),
      5,
    )
    assert.throws(
      () =>
        exchange.run(() => {
          throw new Error('no')
        }),
      /^Error: no$/,
    )
  })
})

describe('the option skip', () => {
  test('the option skip is asked with method and path', async () => {
    const { sessions } = setUp({
      skip: ({ method, path }) => method === 'GET' && path.startsWith('/assets/'),
    })
    const request = { cookie: undefined, secure: false }
    assert.equal(await open(sessions, { ...request, method: 'GET', path: '/assets/a.css' }), undefined)
    assert.ok(await open(sessions, { ...request, method: 'POST', path: '/assets/a.css' }))
    assert.ok(await open(sessions, request))
    assert.ok(await open(setUp().sessions, { ...request, method: 'GET', path: '/' }))
  })
})
