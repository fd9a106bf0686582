import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser, hour, minute, rowOf, second, setUp, typesOf } from './harness.ts'

describe('the idle end', () => {
  test('the idle end comes at the exact millisecond', async () => {
    const { browser, clock, events } = setUp({ idleTimeout: '30m' })
    await browser.visit((session) => session.set('a', 1))
    clock.advance(30 * minute - 1)
    assert.equal((await browser.open()).session instanceof Object, true)
    clock.advance(1)
    assert.deepEqual(await browser.see((session) => [session.get('a'), session.isNew]), [undefined, true])
    const event = events.at(-1)
    assert.equal(event?.type === 'rejected' && event.reason, 'unknown')
  })

  test('the idle end is moved by a save', async () => {
    const { browser, clock } = setUp({ idleTimeout: '30m' })
    await browser.visit((session) => session.set('a', 1))
    clock.advance(29 * minute)
    await browser.visit((session) => session.set('a', 2))
    clock.advance(29 * minute)
    assert.equal(await browser.see((session) => session.get('a')), 2)
  })

  test('the idle end drops what a slow request saves after it, and sends nothing', async () => {
    const { browser, clock, events } = setUp({ idleTimeout: '30m', touchEvery: '1m' })
    await browser.visit((session) => session.set('a', 1))
    const { cookie } = browser
    const slow = await browser.open()
    slow.session.set('b', 2)
    clock.advance(30 * minute)
    await assert.rejects(slow.conclude(), { reason: 'gone', status: 409 })
    assert.equal(browser.cookie, cookie)
    assert.equal(
      events.some((event) => event.type === 'dropped' && event.reason === 'gone' && event.count === 1),
      true,
    )
  })

  test('the idle end does not come later because the store keeps the row', async () => {
    const { browser, clock, store } = setUp({ idleTimeout: '30m' })
    await browser.visit((session) => session.set('a', 1))
    const row = rowOf(store.rows, clock)
    clock.advance(hour)
    store.read = () => row
    assert.equal(await browser.see((session) => session.isNew), true)
  })
})

describe('maxAge', () => {
  test('maxAge ends a session that is used all the time, at the exact millisecond', async () => {
    const { browser, clock } = setUp({ maxAge: '2h', idleTimeout: '30m' })
    await browser.visit((session) => session.set('a', 1))
    for (let passed = 0; passed < 119; passed += 1) {
      clock.advance(minute)
      await browser.visit((session) => (passed % 2 ? session.set('a', passed) : session.get('a')))
    }
    clock.advance(minute - 1)
    assert.equal(await browser.see((session) => session.isNew), false)
    clock.advance(1)
    assert.equal(await browser.see((session) => session.isNew), true)
  })

  test('maxAge is restarted by login', async () => {
    const { browser, store, clock } = setUp({ maxAge: '2h', idleTimeout: '30m' })
    await browser.visit((session) => session.set('a', 1))
    const { createdAt } = rowOf(store.rows, clock)
    clock.advance(20 * minute)
    const { setCookie } = await browser.visit((session) => session.login('u_1'))
    const row = rowOf(store.rows, clock)
    assert.equal(row.endsAt, clock.now() + 2 * hour)
    assert.equal(row.createdAt, createdAt)
    assert.match(setCookie ?? '', /Max-Age=7200;/)
  })

  const others = {
    'a set': (session) => session.set('b', 2),
    'an update': (session) => session.update('a', () => 2),
    'a regenerateId': (session) => session.regenerateId(),
    'a save': (session) => {
      session.set('b', 2)
      return session.save()
    },
    'a consume': (session) => session.consume('a'),
    'a flash': (session) => session.flash('info', 'x'),
    'a read': (session) => session.get('a'),
  } satisfies Record<string, (session: Awaited<ReturnType<Browser['open']>>['session']) => unknown>
  for (const [what, act] of Object.entries(others)) {
    test(`maxAge is not restarted by ${what}`, async () => {
      const { browser, store, clock } = setUp({ maxAge: '2h', idleTimeout: '30m', touchEvery: '1m' })
      await browser.visit((session) => session.set('a', 1))
      const { endsAt } = rowOf(store.rows, clock)
      clock.advance(20 * minute)
      await browser.visit(act)
      assert.equal(rowOf(store.rows, clock).endsAt, endsAt)
    })
  }

  test('maxAge of other options at login holds for the life that begins there', async () => {
    const { browser, store, clock } = setUp({ maxAge: '2h', idleTimeout: '30m' })
    await browser.visit((session) => session.set('a', 1))
    const changed = setUp({ maxAge: '4h', idleTimeout: '10m', store, clock })
    const other = new Browser(changed.sessions, browser.cookie)
    await other.visit((session) => session.set('b', 1))
    assert.equal(rowOf(store.rows, clock).idleTimeout, 10 * minute)
    assert.equal(rowOf(store.rows, clock).endsAt - clock.now(), 2 * hour)
    await other.visit((session) => session.login('u_1'))
    const { idleTimeout, idleExpiresAt, endsAt } = rowOf(store.rows, clock)
    assert.deepEqual(
      [idleTimeout, idleExpiresAt, endsAt].map((each) => (each > 1e9 ? each - clock.now() : each)),
      [10 * minute, 10 * minute, 4 * hour],
    )
  })
})

describe('Max-Age of the cookie', () => {
  test("Max-Age of the cookie is the session's remaining life", async () => {
    const { browser, clock } = setUp({ maxAge: '2h' })
    const first = await browser.visit((session) => session.set('a', 1))
    assert.match(first.setCookie ?? '', /; Max-Age=7200;/)
    clock.advance(hour)
    const later = await browser.visit((session) => session.regenerateId())
    assert.match(later.setCookie ?? '', /; Max-Age=3600;/)
  })

  test('Max-Age of the cookie is rounded up, and never zero while the session lives', async () => {
    const { browser, clock } = setUp({ maxAge: '2h' })
    await browser.visit((session) => session.set('a', 1))
    clock.advance(90 * minute)
    await browser.visit((session) => session.set('a', 2))
    clock.advance(30 * minute - 1)
    const { setCookie } = await browser.visit((session) => session.regenerateId())
    assert.match(setCookie ?? '', /; Max-Age=1;/)
  })

  test('Max-Age of the cookie counts from the end of the request, not from its beginning', async () => {
    const { browser, store, clock } = setUp({ maxAge: '2h' })
    store.plan('create', 'hold')
    const creating = browser.visit((session) => session.set('a', 1))
    const held = await store.held('create')
    clock.advance(second)
    held.pass()
    assert.match((await creating).setCookie ?? '', /; Max-Age=7199;/)
  })
})

describe('expiresAt and createdAt', () => {
  test('expiresAt and createdAt tell of the earlier end, and of the beginning', async () => {
    const { browser, clock } = setUp({ maxAge: '2h', idleTimeout: '90m', touchEvery: '1h' })
    const start = clock.now()
    await browser.visit((session) => {
      assert.equal(session.createdAt.getTime(), start)
      assert.equal(session.expiresAt.getTime(), start + 90 * minute)
      session.set('a', 1)
    })
    clock.advance(hour)
    await browser.visit((session) => session.set('a', 2))
    await browser.visit((session) => {
      assert.equal(session.createdAt.getTime(), start)
      assert.equal(session.expiresAt.getTime(), start + 2 * hour)
    })
  })

  test('expiresAt and createdAt give dates whose change changes nothing', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    await browser.visit((session) => {
      const { createdAt } = session
      createdAt.setTime(0)
      session.expiresAt.setTime(0)
      assert.notEqual(session.createdAt.getTime(), 0)
      assert.notEqual(session.expiresAt.getTime(), 0)
    })
  })
})

describe('clocks', () => {
  test('clocks that step back end no session', async () => {
    const { browser, store, clock } = setUp({ idleTimeout: '30m' })
    await browser.visit((session) => session.set('a', 1))
    const behind = setUp({ idleTimeout: '30m', store, clock: { ...clock, now: () => clock.now() - hour } })
    const other = new Browser(behind.sessions, browser.cookie)
    await other.visit((session) => session.set('b', 2))
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b'])
    assert.equal(rowOf(store.rows, clock).lastSeenAt, clock.now())
  })

  test('clocks that differ by 5 minutes tell no session too early of its end by more than that', async () => {
    const { browser, store, clock, events } = setUp({ idleTimeout: '30m' })
    await browser.visit((session) => session.set('a', 1))
    const ahead = setUp({
      idleTimeout: '30m',
      store,
      clock: { ...clock, now: () => clock.now() + 5 * minute },
    })
    clock.advance(25 * minute - 1)
    assert.equal(await new Browser(ahead.sessions, browser.cookie).see((session) => session.isNew), false)
    assert.equal(typesOf(events).includes('rejected'), false)
  })
})
