import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionDecodeError, SessionStateError, SessionStoreError } from '../../src/contract/errors.ts'
import type { RequestLine, SessionOptions } from '../../src/manager/session-options.ts'
import { demandNoUnhandled } from '../support/demand-no-unhandled.ts'
import { Browser, increment, rewrite, second, setUp, settle, typesOf, openExchange } from './harness.ts'
import type { LooseSession } from './harness.ts'

demandNoUnhandled()

/** A browser that is signed in, and a store that cannot be read from then on. */
async function setUpOutage(options: SessionOptions = {}) {
  const world = setUp({ onStoreFailure: 'visitor', ...options })
  await world.browser.visit((session) => {
    session.login('u_1')
    session.set('a', 1)
    session.flash('notice', 'Saved')
  })
  world.store.always('read', 'refuse')
  world.store.recount()
  world.events.length = 0
  return world
}

describe("under onStoreFailure 'visitor' a session that cannot be loaded", () => {
  test("under onStoreFailure 'visitor' a session that cannot be loaded: reads as that of a visitor", async () => {
    const { browser } = await setUpOutage()
    await browser.visit((session) => {
      assert.equal(session.isNew, true)
      assert.equal(session.userId, undefined)
      assert.equal(session.get('a'), undefined)
      assert.equal(session.has('a'), false)
      assert.deepEqual(session.keys(), [])
      assert.deepEqual(session.entries(), [])
      assert.deepEqual(session.takeFlash('notice'), [])
      assert.match(session.handle, /^[0-9a-f]{24}$/)
      assert.match(session.id, /^[0-9a-f]{64}$/)
      assert.notEqual(session.id, browser.token)
      assert.ok(session.createdAt < session.expiresAt)
      assert.equal(`${session}`, `Session ${session.handle}`)
    })
  })

  const writes: Readonly<Record<string, (session: LooseSession) => unknown>> = {
    set: (session) => session.set('b', 1),
    'set of what cannot be stored': (session) => session.set('b', undefined),
    update: (session) => session.update('b', increment),
    delete: (session) => session.delete('b'),
    take: (session) => session.take('b'),
    clear: (session) => session.clear(),
    flash: (session) => session.flash('notice', 'hello'),
    login: (session) => session.login('u_2'),
    regenerateId: (session) => session.regenerateId(),
    logout: (session) => session.logout(),
    destroy: (session) => session.destroy(),
    save: async (session) => session.save(),
    consume: async (session) => session.consume('b'),
    transaction: async (session) => session.transaction(() => 1),
  }
  for (const [name, write] of Object.entries(writes)) {
    test(`under onStoreFailure 'visitor' a session that cannot be loaded: throws the store's error at ${name}, and nothing is written or sent`, async () => {
      const { browser, store, clock } = await setUpOutage()
      const { cookie } = browser
      const visit = await browser.open()
      await assert.rejects(
        async () => write(visit.session),
        (error) => error instanceof SessionStoreError && error.operation === 'read' && error.status === 503,
      )
      assert.equal(visit.session.get('b'), undefined, 'it can still be read')
      assert.deepEqual(await visit.conclude(), { vary: 'Cookie', cacheControl: 'private, no-store' })
      await settle()
      clock.advance(second)
      assert.equal(store.count(), store.count('read'), 'only the read has reached the store')
      assert.equal(browser.cookie, cookie)
      store.always('read', 'pass')
      assert.deepEqual(await browser.see((session) => [session.userId, session.get('a')]), ['u_1', 1])
    })
  }

  test("under onStoreFailure 'visitor' a session that cannot be loaded: throws at revokeOthers, rather than that nobody is signed in", async () => {
    const { browser, sessions } = await setUpOutage()
    const { session } = await browser.open()
    await assert.rejects(sessions.revokeOthers(session), SessionStoreError)
  })

  test("under onStoreFailure 'visitor' a session that cannot be loaded: keeps flash messages for the page after the outage", async () => {
    const { browser, store } = await setUpOutage()
    await browser.visit((session) => session.takeFlash('notice'))
    store.always('read', 'pass')
    assert.deepEqual(await browser.see((session) => session.takeFlash('notice')), ['Saved'])
  })

  test("under onStoreFailure 'visitor' a session that cannot be loaded: is read again at the next request, and is then whole", async () => {
    const { browser, store } = await setUpOutage()
    assert.equal(await browser.see((session) => session.userId), undefined)
    store.always('read', 'pass')
    await browser.visit((session) => session.update('a', increment))
    assert.deepEqual(await browser.see((session) => [session.userId, session.get('a')]), ['u_1', 2])
  })

  test("under onStoreFailure 'visitor' a session that cannot be loaded: is told by two events, the failure and what came of it", async () => {
    const { browser, events } = await setUpOutage()
    await browser.visit((session) => session.get('a'))
    assert.deepEqual(typesOf(events), ['failed', 'degraded'])
    const [failed, degraded] = events
    assert.ok(failed?.type === 'failed' && failed.during === 'load')
    assert.ok(degraded?.type === 'degraded' && degraded.error === failed.error)
    assert.ok(degraded.error instanceof SessionStoreError)
  })

  test("under onStoreFailure 'visitor' a session that cannot be loaded: is printed without a listener, since no request may get the error", async (context) => {
    const log = context.mock.method(console, 'error', () => {})
    const { browser } = await setUpOutage({ onEvent: undefined })
    await browser.visit((session) => session.get('a'))
    assert.deepEqual(
      log.mock.calls.map(({ arguments: [line] }) => line),
      ["coatcheck: the store failed at 'read'"],
    )
  })

  test("under onStoreFailure 'visitor' a session that cannot be loaded: goes on within timeout when the store does not answer", async () => {
    const { browser, store, clock } = await setUpOutage({ timeout: '2s' })
    store.always('read', 'hang')
    const opening = browser.open()
    await settle()
    clock.advance(2 * second)
    assert.equal((await opening).session.isNew, true)
  })
})

describe('a page that an outage has made a visitor’s', () => {
  for (const cacheControl of [undefined, 'public, max-age=60', 'private, max-age=60', 'no-cache']) {
    test(`a page that an outage has made a visitor’s is kept by no cache, though the handler says ${cacheControl}`, async () => {
      const { browser } = await setUpOutage()
      const headers = await browser.visit((session) => session.get('a'), { cacheControl })
      assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private, no-store' })
    })
  }

  test('a page that an outage has made a visitor’s that does not look at the session is left alone', async () => {
    const { browser } = await setUpOutage()
    assert.deepEqual(await browser.visit(() => {}, { cacheControl: 'public' }), {
      cacheControl: 'public',
    })
  })

  for (const cacheControl of [undefined, 'max-age=60']) {
    test(`a page that an outage has made a visitor’s that looks only after a head with ${cacheControl} gets the error, since a cache may keep it`, async () => {
      const { browser } = await setUpOutage()
      const visit = await browser.open()
      assert.deepEqual(await visit.conclude({ cacheControl }), cacheControl ? { cacheControl } : {})
      assert.throws(() => visit.session.userId, SessionStoreError)
    })
  }

  test('a page that an outage has made a visitor’s that has looked before the head may look again after it', async () => {
    const { browser } = await setUpOutage()
    const visit = await browser.open()
    assert.equal(visit.session.userId, undefined)
    await visit.conclude()
    assert.equal(visit.session.userId, undefined)
    assert.throws(() => visit.session.set('b', 1), SessionStoreError)
  })
})

/** A function given as `onStoreFailure` that throws. */
const failWith = (thrown: unknown) => (): 'visitor' => {
  throw thrown
}

const showShop = ({ method, path }: RequestLine) =>
  method === 'GET' && path === '/shop' ? 'visitor' : ('error' as const)

describe('onStoreFailure as a function', () => {
  const lines: readonly [Partial<RequestLine>, boolean][] = [
    [{ method: 'GET', path: '/shop' }, true],
    [{ method: 'POST', path: '/shop' }, false],
    [{ method: 'GET', path: '/account' }, false],
    [{}, false],
    [{ method: 'GET' }, false],
    [{ path: '/shop' }, false],
  ]
  for (const [line, isVisitor] of lines) {
    test(`onStoreFailure as a function decides for ${JSON.stringify(line)}`, async () => {
      const { browser, sessions, events } = await setUpOutage({ onStoreFailure: showShop })
      const exchange = await openExchange(sessions, { ...line, cookie: browser.cookie, secure: false })
      const { session } = exchange
      if (isVisitor) assert.equal(session.isNew, true)
      else assert.throws(() => session.isNew, SessionStoreError)
      assert.deepEqual(typesOf(events), isVisitor ? ['failed', 'degraded'] : ['failed'])
    })
  }

  test('onStoreFailure as a function is not asked while the store works, nor for a visitor without a cookie', async () => {
    const { browser, sessions, events } = setUp({ onStoreFailure: failWith(new Error('asked')) })
    await browser.visit((session) => session.set('a', 1))
    assert.equal(await browser.see((session) => session.get('a')), 1)
    assert.equal(await new Browser(sessions).see((session) => session.isNew), true)
    assert.deepEqual(typesOf(events), ['created'])
  })

  for (const answer of [undefined, null, true, 'VISITOR', {}]) {
    test(`onStoreFailure as a function answers with ${JSON.stringify(answer)}: an error, as by default`, async () => {
      const { browser, sessions } = await setUpOutage({ onStoreFailure: () => answer as 'error' })
      const line = { method: 'GET', path: '/' }
      const exchange = await openExchange(sessions, { ...line, cookie: browser.cookie, secure: false })
      const { session } = exchange
      assert.throws(() => session.isNew, SessionStoreError)
    })
  }

  for (const thrown of [new Error('a bug'), undefined]) {
    test(`onStoreFailure as a function throws ${String(thrown)}: the load does not fail, the session does, and an event tells of both`, async () => {
      const { browser, sessions, events } = await setUpOutage({ onStoreFailure: failWith(thrown) })
      const line = { method: 'GET', path: '/' }
      const exchange = await openExchange(sessions, { ...line, cookie: browser.cookie, secure: false })
      const { session } = exchange
      assert.throws(() => session.isNew, SessionStoreError)
      assert.deepEqual(typesOf(events), ['failed', 'failed'])
      assert.equal(events[1]?.type === 'failed' && events[1].error, thrown)
    })
  }

  const bug = new Error('a bug')
  const answers: readonly [string, () => unknown, readonly unknown[]][] = [
    ["resolves to 'visitor'", () => Promise.resolve('visitor'), []],
    ['rejects', () => Promise.reject(bug), [bug]],
  ]
  for (const [name, answer, told] of answers) {
    test(`onStoreFailure as a function that is asynchronous and ${name} counts as an error, and does not end the process`, async () => {
      const onStoreFailure = answer as () => 'error'
      const { browser, sessions, events } = await setUpOutage({ onStoreFailure })
      const line = { method: 'GET', path: '/' }
      const exchange = await openExchange(sessions, { ...line, cookie: browser.cookie, secure: false })
      const { session } = exchange
      assert.throws(() => session.isNew, SessionStoreError)
      await settle()
      const errors = events.map((event) => event.type === 'failed' && event.error)
      assert.deepEqual(errors.slice(1), told)
    })
  }

  test('onStoreFailure as a function that throws is printed without a listener, but not what it has thrown', async (context) => {
    const log = context.mock.method(console, 'error', () => {})
    const onStoreFailure = failWith(new Error('secret'))
    const { browser, sessions } = await setUpOutage({ onEvent: undefined, onStoreFailure })
    await openExchange(sessions, { method: 'GET', path: '/', cookie: browser.cookie, secure: false })
    assert.deepEqual(
      log.mock.calls.map(({ arguments: [line] }) => line),
      ['coatcheck: a function of the application failed: see onEvent'],
    )
  })
})

describe('under eager', () => {
  test('an outage creates nothing', async () => {
    const { browser, store } = await setUpOutage({ eager: true })
    await browser.visit((session) => assert.equal(session.isNew, true))
    assert.deepEqual([store.count('create'), store.count('read')], [0, 1])
  })

  test('a visitor whose session cannot be created goes on as one', async () => {
    const { sessions, store, events } = setUp({ eager: true, onStoreFailure: 'visitor', timeout: '1s' })
    // Eight attempts, and as many reads to find out what became of them.
    for (const verb of ['create', 'read'] as const) store.always(verb, 'refuse')
    const browser = new Browser(sessions)
    const headers = await browser.visit((session) => {
      assert.equal(session.get('a'), undefined)
      assert.throws(() => session.set('a', 1), SessionStoreError)
    })
    assert.equal(headers.setCookie, undefined)
    assert.deepEqual(typesOf(events), ['failed', 'degraded'])
  })
})

describe('what is not an outage', () => {
  test('what is not an outage is a damaged record: onUnreadable decides', async () => {
    const { browser, store, clock } = setUp({ onStoreFailure: 'visitor' })
    await browser.visit((session) => session.set('a', 1))
    rewrite(store.rows, clock, { data: 'no JSON' })
    const { session } = await browser.open()
    assert.throws(() => session.get('a'), SessionDecodeError)
  })

  test('what is not an outage is a record that the store itself finds damaged', async () => {
    const { browser, store } = await setUpOutage()
    store.read = () => {
      throw new SessionDecodeError('the row is damaged')
    }
    const { session } = await browser.open()
    assert.throws(() => session.get('a'), SessionDecodeError)
  })

  test('what is not an outage is a failed save: it stays an error', async () => {
    const { browser, store } = setUp({ onStoreFailure: 'visitor' })
    await browser.visit((session) => session.set('a', 1))
    store.always('commit', 'refuse')
    await assert.rejects(
      browser.visit((session) => session.set('a', 2)),
      SessionStoreError,
    )
  })

  test('what is not an outage is a session that was destroyed', async () => {
    const { browser } = setUp({ onStoreFailure: 'visitor' })
    const { session } = await browser.open()
    session.destroy()
    assert.throws(() => session.set('a', 1), SessionStateError)
  })
})

test("by default, and under 'error', any use throws", async () => {
  for (const onStoreFailure of [undefined, 'error'] as const) {
    const { browser, events } = await setUpOutage({ onStoreFailure })
    const { session } = await browser.open()
    assert.throws(() => session.get('a'), SessionStoreError)
    assert.deepEqual(typesOf(events), ['failed'])
  }
})
