import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionConflictError, SessionStateError } from '../../src/contract/errors.ts'
import { Browser, hour, increment, rowOf, rowsOf, setUp, settle } from './harness.ts'
import type { LooseSession } from './harness.ts'

const endings = ['logout', 'destroy'] as const

for (const ending of endings) {
  describe(ending, () => {
    test(`${ending} removes the row and clears the cookie with the attributes it was set with`, async () => {
      const { browser, store } = setUp({ cookie: { path: '/shop', domain: 'example.com', priority: 'high' } })
      const { setCookie: set = '' } = await browser.visit((session) => session.login('u_1'))
      const { setCookie: cleared = '', cacheControl } = await browser.visit((session) => session[ending]())
      assert.deepEqual(attributes(cleared), attributes(set))
      assert.match(cleared, /^session_id=; Max-Age=0; .*Expires=Thu, 01 Jan 1970 00:00:00 GMT/)
      assert.equal(cacheControl, 'private, no-store')
      assert.equal(browser.cookie, undefined)
      assert.equal(store.rows.size, 0)
    })

    test(`${ending} is final: the token opens nothing afterwards`, async () => {
      const { browser, sessions } = setUp()
      await browser.visit((session) => session.login('u_1'))
      const thief = new Browser(sessions, browser.cookie)
      await browser.visit((session) => session[ending]())
      assert.deepEqual(await thief.see((session) => [session.isNew, session.userId]), [true, undefined])
    })

    test(`${ending} forgets what the request changed before it`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      await browser.visit((session) => (session.set('b', 2), session.login('u_1'), session[ending]()))
      assert.equal(store.rows.size, 0)
      assert.equal(store.count('commit'), 0)
    })

    test(`${ending} removes what the same request had saved before`, async () => {
      const { browser, store } = setUp()
      const headers = await browser.visit(async (session) => {
        session.login('u_1')
        await session.save()
        session[ending]()
      })
      assert.equal(headers.setCookie, undefined)
      assert.equal(store.rows.size, 0)
    })

    test(`${ending} works after values that cannot be frozen were read`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => (session.set('when', new Date()), session.set('seen', new Map())))
      await browser.visit((session) => {
        session.get('when')
        session.entries()
        session[ending]()
      })
      assert.equal(store.rows.size, 0)
      assert.equal(browser.cookie, undefined)
    })

    test(`${ending} is kept when the handler fails afterwards`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.login('u_1'))
      await browser.visit((session) => session[ending](), { status: 500, hasFailed: true })
      assert.equal(store.rows.size, 0)
      assert.equal(browser.cookie, undefined)
    })

    test('twice is as good as once', async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      await browser.visit((session) => {
        session.logout()
        session[ending]()
      })
      assert.equal(store.count('delete'), 1)
      assert.equal(store.rows.size, 0)
    })

    test(`${ending} by two requests at once is fine for both`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const visits = [await browser.open(), await browser.open()]
      visits.forEach(({ session }) => session[ending]())
      await Promise.all(visits.map((visit) => visit.conclude()))
      assert.equal(store.rows.size, 0)
    })

    test(`${ending} finds the session after a rotation that came in between, as long as it is the same user's`, async () => {
      for (const rotation of ['login', 'regenerateId'] as const) {
        const { browser, store } = setUp()
        await browser.visit((session) => session.login('u_1'))
        const slow = await browser.open()
        await browser.visit((session) => session[rotation]('u_1'))
        slow.session[ending]()
        await slow.conclude()
        assert.equal(store.rows.size, 0, rotation)
        assert.equal(browser.cookie, undefined)
      }
    })

    test(`${ending} with a token that was planted before a login ends nobody's session`, async () => {
      const { browser, sessions, store, clock, events } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const attacker = await new Browser(sessions, browser.cookie).open()
      await browser.visit((session) => session.login('u_1'))
      attacker.session[ending]()
      assert.equal((await attacker.conclude()).setCookie, undefined)
      assert.equal(rowOf(store.rows, clock).userId, 'u_1')
      assert.equal(
        events.some(({ type }) => type === 'ended'),
        false,
      )
    })

    test(`${ending} of one user ends no session that another has signed in on meanwhile`, async () => {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.login('u_1'))
      const slow = await browser.open()
      await browser.visit((session) => session.login('u_2'))
      slow.session[ending]()
      assert.equal((await slow.conclude()).setCookie, undefined)
      assert.equal(rowOf(store.rows, clock).userId, 'u_2')
    })

    test(`${ending} does not let a token that a login replaced end the session`, async () => {
      const { browser, sessions, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const old = new Browser(sessions, browser.cookie)
      await browser.visit((session) => session.login('u_1'))
      assert.equal((await old.visit((session) => session[ending]())).setCookie, undefined)
      assert.equal(rowOf(store.rows, clock).userId, 'u_1')
    })

    test(`${ending} with a token that regenerateId replaced ends the session for a minute`, async () => {
      for (const [wait, isEnded] of [
        [59_999, true],
        [60_000, false],
      ] as const) {
        const { browser, sessions, store, clock } = setUp()
        await browser.visit((session) => session.login('u_1'))
        const old = new Browser(sessions, browser.cookie)
        await browser.visit((session) => session.regenerateId())
        clock.advance(wait)
        await old.visit((session) => session[ending]())
        assert.equal(store.rows.size, isEnded ? 0 : 1)
        assert.equal(old.cookie === undefined, isEnded)
      }
    })

    test(`${ending} that ended no row sends no cookie: the browser may hold a newer one`, async () => {
      const { browser, store } = setUp()
      browser.cookie = 'session_id=garbage'
      const { setCookie } = await browser.visit((session) => session[ending]())
      assert.equal(setCookie, undefined)
      assert.equal(store.count(), 0)
    })

    test(`${ending} works after the head of the response, and leaves the dead cookie where it is`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.login('u_1'))
      const visit = await browser.open()
      await visit.conclude()
      visit.session[ending]()
      await visit.exchange.finish()
      assert.equal(store.rows.size, 0)
    })

    test(`${ending} fails, and leaves the cookie, when the store does not remove the row`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.login('u_1'))
      const { cookie } = browser
      store.plan('delete', 'refuse', 'refuse')
      await assert.rejects(
        browser.visit((session) => session[ending]()),
        { code: 'ERR_SESSION_STORE', status: 503, operation: 'delete' },
      )
      assert.equal(browser.cookie, cookie)
    })
  })
}

describe('logout', () => {
  test('logout leaves an empty session that may be used anew', async () => {
    const { browser } = setUp()
    await browser.visit((session) => (session.login('u_1'), session.set('a', 1)))
    const { token } = browser
    await browser.visit((session) => {
      const { handle } = session
      session.logout()
      assert.deepEqual([session.isNew, session.userId, session.keys()], [true, undefined, []])
      assert.notEqual(session.handle, handle)
      assert.notEqual(session.id.slice(0, 32), token.slice(0, 32))
    })
  })
})

describe('destroy', () => {
  test('destroy makes every later call on the session throw, and printing still works', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    await browser.visit(async (session) => {
      session.destroy()
      for (const call of [
        () => session.get('a'),
        () => session.set('a', 1),
        () => session.keys(),
        () => session.id,
        () => session.userId,
        () => session.login('u_1'),
        () => session.logout(),
        () => session.destroy(),
        () => session.flash('info', 'x'),
      ]) {
        assert.throws(call, SessionStateError)
      }
      await assert.rejects(session.save(), SessionStateError)
      await assert.rejects(session.consume('a'), SessionStateError)
      await assert.rejects(
        session.transaction(() => 1),
        SessionStateError,
      )
      assert.match(String(session), /^Session [0-9a-f]{24}$/)
    })
  })
})

/** Acts that claim nothing which is missing once the session has ended. All others fail. */
const harmless = new Set([
  'a read',
  'a write of the same value',
  'a write and its reversal',
  'a take',
  'a consume',
  'a transaction',
  'a read-only transaction',
])

/** What a slow request may do. Each has read the session before it is ended. */
const slowRequests: readonly [string, (session: LooseSession) => unknown][] = [
  ['a read', (session) => session.get('a')],
  ['a write', (session) => session.set('b', 2)],
  ['an update', (session) => session.update('a', increment)],
  ['a write of the same value', (session) => session.set('a', 1)],
  ['a write and its reversal', (session) => (session.set('b', 2), session.delete('b'))],
  ['a delete', (session) => session.delete('a')],
  ['a clear', (session) => session.clear()],
  ['a flash', (session) => session.flash('info', 'x')],
  ['a take', (session) => session.take('a')],
  ['a regenerateId', (session) => session.regenerateId()],
  [
    'an explicit save',
    (session) => {
      session.set('b', 2)
      return session.save()
    },
  ],
  ['a consume', async (session) => assert.equal(await session.consume('a'), undefined)],
  [
    'a transaction',
    (session) =>
      assert.rejects(
        session.transaction((values) => values.set('b', 2)),
        SessionConflictError,
      ),
  ],
  [
    'a read-only transaction',
    (session) =>
      assert.rejects(
        session.transaction((values) => values.get('a')),
        SessionConflictError,
      ),
  ],
]

for (const ending of endings) {
  describe(`${ending} against a slow request`, () => {
    for (const [what, act] of slowRequests) {
      test(`${what}: nothing comes back, no cookie is sent, and what was dropped is told`, async () => {
        const { browser, store, clock } = setUp({ idleTimeout: '1h', touchEvery: '1m' })
        await browser.visit((session) => session.set('a', 1))
        clock.advance(hour / 4)
        const slow = await browser.open()
        slow.session.get('a')
        await browser.visit((session) => session[ending]())
        const outcome = await Promise.resolve(act(slow.session))
          .then(() => slow.conclude())
          .catch((error: unknown) => error as SessionConflictError)
        await settle()
        if (harmless.has(what)) assert.equal('setCookie' in outcome, false)
        else assert.equal('reason' in outcome && outcome.reason, 'gone')
        assert.equal(browser.cookie, undefined)
        assert.equal(store.rows.size, 0)
        assert.equal(store.count('create'), 1)
      })

      test(`${what} that ends first is overtaken`, async () => {
        const { browser, store } = setUp()
        await browser.visit((session) => session.set('a', 1))
        const ender = await browser.open()
        const quick = await browser.open()
        quick.session.get('a')
        ender.session[ending]()
        await Promise.resolve(act(quick.session)).catch(() => {})
        await quick.conclude()
        await ender.conclude()
        assert.equal(store.rows.size, 0)
        assert.equal(browser.cookie, undefined)
      })
    }

    test('a commit that the store has not yet applied changes nothing any more', async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const slow = await browser.open()
      slow.session.set('b', 2)
      store.plan('commit', 'hold')
      const concluding = slow.conclude()
      const held = await store.held('commit')
      await browser.visit((session) => session[ending]())
      held.pass()
      await assert.rejects(concluding, { reason: 'gone', status: 409 })
      assert.equal(store.rows.size, 0)
    })

    test('a read that the store answered before gives a session that saves nothing', async () => {
      const { browser, store, sessions } = setUp()
      await browser.visit((session) => session.set('a', 1))
      store.plan('read', 'hold')
      const opening = new Browser(sessions, browser.cookie).open()
      const held = await store.held('read')
      held.pass()
      await browser.visit((session) => session[ending]())
      const late = await opening
      late.session.set('b', 2)
      await assert.rejects(late.conclude(), { reason: 'gone' })
      assert.equal(store.rows.size, 0)
    })

    test('a touch that arrives late brings nothing back', async () => {
      const { browser, store, clock } = setUp({ idleTimeout: '1h', touchEvery: '1m' })
      await browser.visit((session) => session.set('a', 1))
      clock.advance(hour / 2)
      store.plan('touch', 'hold')
      await browser.visit((session) => session.get('a'))
      const held = await store.held('touch')
      await browser.visit((session) => session[ending]())
      held.pass()
      await settle()
      assert.equal(store.rows.size, 0)
      assert.equal(rowsOf(store.rows, clock).length, 0)
    })

    test('a late change after the head brings nothing back, and is told', async () => {
      const { browser, store, events } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const streaming = await browser.open()
      await streaming.conclude()
      await browser.visit((session) => session[ending]())
      streaming.session.set('b', 2)
      await streaming.exchange.finish()
      assert.equal(store.rows.size, 0)
      assert.equal(events.at(-1)?.type, 'dropped')
    })
  })
}

function attributes(line: string): string[] {
  return line
    .split('; ')
    .slice(1)
    .filter((each) => !/^(Max-Age|Expires)=/.test(each))
}

test('a session that follows another in the same request has a handle of its own', async () => {
  const { browser, store, clock, events } = setUp()
  let first = ''
  await browser.visit((session) => {
    first = session.handle
    session.set('a', 1)
    session.logout()
    session.set('b', 2)
  })
  assert.notEqual(rowOf(store.rows, clock).handle, first)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['created'],
  )
})

test('a callback, as other libraries take it, is refused and not ignored', async () => {
  const { browser } = setUp()
  await browser.visit((session) => {
    const calls = session as unknown as Record<'save' | 'destroy', (callback: () => void) => unknown>
    assert.throws(() => calls.save(() => {}), /^TypeError: save\(\) takes no callback: await it/)
    assert.throws(() => calls.destroy(() => {}), /^TypeError: destroy\(\) takes no callback/)
    session.set('theme', 'dark')
  })
  assert.equal(await browser.see((session) => session.get('theme')), 'dark')
})

test('is sent even behind a save that took all the time', async () => {
  const { browser, store, clock } = setUp()
  await browser.visit((session) => session.login('u_1'))
  const { session, conclude } = await browser.open()
  store.plan('commit', 'hang')
  session.set('a', 1)
  const saving = assert.rejects(session.save(), { code: 'ERR_SESSION_STORE' })
  await settle()
  session.logout()
  const answer = assert.rejects(conclude(), { code: 'ERR_SESSION_STORE' })
  await settle()
  clock.advance(2000)
  await Promise.all([saving, answer])
  assert.equal(store.rows.size, 0)
})
