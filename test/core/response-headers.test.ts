import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Session } from '../../src/session/session.ts'
import { SessionValues } from '../../src/session/session-values.ts'
import { isPromise } from '../../src/is-promise.ts'
import { increment, setUp, settle, typesOf } from './harness.ts'
import type { LooseSession } from './harness.ts'

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
      test(`is sent to ${kind} when ${name} was ${get ? 'read' : 'called'}`, async () => {
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

  test('is sent when the handler looked at a session that the store could not give', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.plan('read', 'refuse')
    const headers = await browser.visit((session) => assert.throws(() => session.get('a')))
    assert.deepEqual(headers, { vary: 'Cookie' })
  })

  test('is not sent when nothing was looked at', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    assert.deepEqual(await browser.visit(), {})
  })

  test('is not sent because the session was logged', async () => {
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
    test(`is private, no-store beside the cookie of ${what}`, async () => {
      const { browser } = setUp()
      if (what !== 'a new session') await browser.visit((session) => session.set('a', 1))
      const headers = await browser.visit(act, { cacheControl: 'max-age=60' })
      assert.ok(headers.setCookie)
      assert.equal(headers.cacheControl, 'private, no-store')
      assert.equal(headers.vary, 'Cookie')
    })
  }

  test('is left alone without a cookie', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const headers = await browser.visit((session) => session.get('a'), { cacheControl: 'max-age=60' })
    assert.deepEqual(headers, { vary: 'Cookie' })
  })

  for (const cacheControl of [
    'public',
    'Public, max-age=60',
    'max-age=60,public',
    's-maxage=60',
    'S-MaxAge=5',
  ]) {
    test(`that says ${cacheControl} is overruled where the session was looked at, and told of`, async () => {
      const { browser, events } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const headers = await browser.visit((session) => session.get('a'), { cacheControl })
      assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private, no-store' })
      assert.equal(events.at(-1)?.type, 'made-private')
    })
  }

  test('that says public is overruled for a visitor, whose absence of a session was looked at', async () => {
    const { browser, events } = setUp()
    const headers = await browser.visit((session) => session.userId, { cacheControl: 'public' })
    assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private, no-store' })
    assert.deepEqual(typesOf(events), ['made-private'])
  })

  test('that says public stays where nothing was looked at', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    events.length = 0
    assert.deepEqual(await browser.visit(undefined, { cacheControl: 'public' }), {})
    assert.deepEqual(events, [])
  })

  for (const cacheControl of ['private', 'no-store', 'republic', 'max-age=60', 'no-cache="a, public"']) {
    test(`that says ${cacheControl} is not taken for public`, async () => {
      const { browser } = setUp()
      const headers = await browser.visit((session) => session.get('a'), { cacheControl })
      assert.deepEqual(headers, { vary: 'Cookie' })
    })
  }
})

describe('Set-Cookie', () => {
  test('comes only when the cookie changes', async () => {
    const { browser } = setUp()
    assert.ok((await browser.visit((session) => session.set('a', 1))).setCookie)
    assert.equal((await browser.visit((session) => session.set('a', 2))).setCookie, undefined)
    assert.equal((await browser.visit((session) => session.get('a'))).setCookie, undefined)
    assert.equal((await browser.visit((session) => session.save())).setCookie, undefined)
    assert.ok((await browser.visit((session) => session.regenerateId())).setCookie)
    assert.ok((await browser.visit((session) => session.logout())).setCookie)
    assert.equal((await browser.visit((session) => session.get('a'))).setCookie, undefined)
  })

  test('comes once, with the last token, when the session was saved before and rotated after', async () => {
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

  test('is Secure for https under auto, and not for plain http', async () => {
    const { sessions } = setUp()
    for (const secure of [true, false]) {
      const session = await sessions.load({ cookie: null, secure })
      session.login('u_1')
      const { setCookie = '' } = await sessions.commit(session, { status: 200 })
      assert.equal(/; Secure/.test(setCookie), secure)
    }
  })

  test('has the name of the option, and the cookie is read by that name only', async () => {
    const { browser, sessions } = setUp({ cookie: { name: '__Host-shop', secure: true } })
    const { setCookie } = await browser.visit((session) => session.set('a', 1))
    assert.match(
      setCookie ?? '',
      /^__Host-shop=[0-9a-f]{64}; Max-Age=86400; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    assert.equal(await browser.see((session) => session.get('a')), 1)
    const other = await sessions.load({ cookie: `session_id=${browser.token}`, secure: true })
    assert.equal(other.isNew, true)
  })

  test('has no Max-Age when the cookie is to end with the browser', async () => {
    const { browser } = setUp({ cookie: { persistent: false } })
    const { setCookie } = await browser.visit((session) => session.set('a', 1))
    assert.doesNotMatch(setCookie ?? '', /Max-Age|Expires/)
  })
})

describe('commit', () => {
  test('answers at once when nothing is to be saved, even after a Date was read', async () => {
    const { browser, sessions } = setUp()
    await browser.visit((session) => session.set('when', new Date(5)))
    for (const look of [() => {}, (session: LooseSession) => session.get('when')]) {
      const { session } = await browser.open()
      look(session)
      assert.equal(isPromise(sessions.commit(session, { status: 200 })), false)
    }
  })

  test('answers at once after a save that has ended', async () => {
    const { browser, sessions } = setUp()
    const { session } = await browser.open()
    session.set('a', 1)
    await session.save()
    assert.equal(isPromise(sessions.commit(session, { status: 200 })), false)
  })

  test('of a request that only reads waits for no other request', async () => {
    const { browser, store, events } = setUp()
    await browser.visit((session) => session.set('when', new Date(5)))
    const [writing, reading] = [await browser.open(), await browser.open()]
    writing.session.login('u_1')
    reading.session.get('when')
    store.plan('commit', 'hold')
    const ending = writing.commit()
    const held = await store.held('commit')
    let headers: unknown
    void reading.commit().then((given) => (headers = given))
    await settle()
    held.pass()
    await ending
    assert.deepEqual(headers, { vary: 'Cookie' })
    assert.equal(typesOf(events).includes('dropped'), false)
  })
})
