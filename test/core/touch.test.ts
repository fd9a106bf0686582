import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser, hour, minute, rowOf, second, setUp, settle, typesOf } from './harness.ts'

const times = { maxAge: '1h', idleTimeout: '10m', touchEvery: '1m' } as const

describe('a touch', () => {
  test('a touch moves the idle end forward, and nothing else', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    const before = rowOf(store.rows, clock)
    clock.advance(5 * minute)
    await browser.visit((session) => session.get('a'))
    await settle()
    const moved = { lastSeenAt: clock.now(), idleExpiresAt: clock.now() + 10 * minute }
    assert.deepEqual(rowOf(store.rows, clock), { ...before, ...moved })
  })

  test('a touch is what a page shows at once as the end of the session', async () => {
    const { browser, sessions, store, clock } = setUp(times)
    await browser.visit((session) => session.login('ada'))
    clock.advance(5 * minute)
    const { session } = await browser.open()
    assert.equal(Number(session.expiresAt), clock.now() + 10 * minute)
    clock.advance(4 * minute)
    session.touch()
    assert.equal(Number(session.expiresAt), clock.now() + 10 * minute)
    const [listed] = await sessions.list('ada')
    assert.equal(Number(listed?.expiresAt), Number(session.expiresAt))
    clock.advance(minute)
    store.plan('touch', 'refuse')
    const unheard = (await browser.open()).session
    unheard.get('a')
    await settle()
    assert.equal(Number(unheard.expiresAt), clock.now() + 9 * minute)
  })

  test('a touch is due at touchEvery, to the millisecond', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(minute - 1)
    await browser.visit()
    assert.equal(store.count('touch'), 0)
    clock.advance(1)
    await browser.visit()
    assert.equal(store.count('touch'), 1)
  })

  test('a touch comes once for simultaneous requests', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(5 * minute)
    const visits = await Promise.all(Array.from({ length: 100 }, () => browser.open()))
    await Promise.all(visits.map((visit) => visit.conclude()))
    assert.equal(store.count('touch'), 1)
  })

  test('a touch comes once while the first has not landed, and again when it is due again', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(5 * minute)
    store.plan('touch', 'hold')
    await browser.visit()
    clock.advance(second)
    await browser.visit()
    assert.equal(store.count('touch'), 1)
    ;(await store.held('touch')).pass()
    await settle()
    clock.advance(minute)
    await browser.visit()
    assert.equal(store.count('touch'), 2)
  })

  test('a touch of different sessions comes for each', async () => {
    const { sessions, store, clock } = setUp(times)
    const browsers = [new Browser(sessions), new Browser(sessions), new Browser(sessions)]
    for (const each of browsers) await each.visit((session) => session.set('a', 1))
    clock.advance(minute)
    for (const each of browsers) await each.visit()
    assert.equal(store.count('touch'), 3)
  })

  test('a touch moves the idle end never past the last end', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    const { endsAt } = rowOf(store.rows, clock)
    for (let passed = 0; passed < 59; passed += 1) {
      clock.advance(minute)
      await browser.visit()
      assert.ok(rowOf(store.rows, clock).idleExpiresAt <= endsAt)
    }
    assert.equal(rowOf(store.rows, clock).idleExpiresAt, endsAt)
    clock.advance(minute - 1)
    assert.equal(await browser.see((session) => session.isNew), false)
    clock.advance(1)
    assert.equal(await browser.see((session) => session.isNew), true)
  })

  test('a touch asks the store for no instant past the last end', async () => {
    const { browser, store, clock } = setUp(times)
    const asked: number[] = []
    const { touch } = store
    store.touch = (key, lastSeenAt, idleExpiresAt, now) => {
      asked.push(idleExpiresAt)
      return touch(key, lastSeenAt, idleExpiresAt, now)
    }
    await browser.visit((session) => session.set('a', 1))
    const { endsAt } = rowOf(store.rows, clock)
    for (let passed = 0; passed < 59; passed += 1) {
      clock.advance(minute)
      await browser.visit()
    }
    assert.equal(asked.length, 59)
    assert.equal(Math.max(...asked), endsAt)
  })

  test('a touch keeps a session alive that every request sets to the same value', async () => {
    const { browser, clock } = setUp(times)
    await browser.visit((session) => session.set('page', '/'))
    for (let passed = 0; passed < 30; passed += 1) {
      clock.advance(minute)
      await browser.visit((session) => session.set('page', '/'))
    }
    assert.equal(await browser.see((session) => session.isNew), false)
  })

  test('a touch keeps a session alive when all handlers fail', async () => {
    const { browser, clock } = setUp(times)
    await browser.visit((session) => session.set('page', '/'))
    for (let passed = 0; passed < 30; passed += 1) {
      clock.advance(minute)
      await browser.visit((session) => session.set('page', passed), { status: 500 })
    }
    assert.equal(await browser.see((session) => session.isNew), false)
  })

  test('a touch keeps a session alive whose values nobody looks at', async () => {
    const { browser, clock } = setUp(times)
    await browser.visit((session) => session.set('page', '/'))
    for (let passed = 0; passed < 30; passed += 1) {
      clock.advance(minute)
      assert.deepEqual(await browser.visit(), {})
    }
    assert.equal(await browser.see((session) => session.isNew), false)
  })

  test('a touch is sent at the first use, before the save that follows it', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(5 * minute)
    const { session } = await browser.open()
    assert.equal(store.count('touch'), 0)
    session.get('a')
    assert.equal(store.count('touch'), 1)
    await browser.visit((other) => other.set('a', 2))
    assert.equal(store.count('touch'), 1)
    assert.equal(rowOf(store.rows, clock).idleExpiresAt, clock.now() + 10 * minute)
  })

  test('a touch makes no response wait', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(minute)
    store.plan('touch', 'hang')
    assert.deepEqual(await browser.visit((session) => session.get('a')), {
      vary: 'Cookie',
      cacheControl: 'private',
    })
  })

  for (const fate of ['refuse', 'hang'] as const) {
    test(`a touch that fails is an event and nothing else (${fate})`, async () => {
      const { browser, store, clock, events } = setUp(times)
      await browser.visit((session) => session.set('a', 1))
      clock.advance(minute)
      store.plan('touch', fate)
      await browser.visit((session) => session.get('a'))
      await settle()
      clock.advance(2 * second)
      await settle()
      const [event, ...others] = events.filter(({ type }) => type === 'failed')
      assert.deepEqual(others, [])
      assert.ok(event?.type === 'failed' && event.during === 'touch')
      assert.equal(await browser.see((session) => session.get('a')), 1)
    })
  }

  test('a touch that failed is sent again by the next request', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(minute)
    store.plan('touch', 'refuse')
    await browser.visit((session) => session.get('a'))
    await settle()
    clock.advance(second)
    await browser.visit((session) => session.get('a'))
    assert.equal(store.count('touch'), 2)
    assert.equal(rowOf(store.rows, clock).lastSeenAt, clock.now())
  })

  test('a touch counts from the arrival of its request, however late the session is used', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(9 * minute)
    const arrivedAt = clock.now()
    const slow = await browser.open()
    clock.advance(30 * second)
    slow.session.get('a')
    await settle()
    assert.equal(rowOf(store.rows, clock).lastSeenAt, arrivedAt)
  })

  test('a touch lets a session live on that ends while the handler works, and what it sets', async () => {
    const { browser, clock, sessions } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    const other = new Browser(sessions, browser.cookie)
    clock.advance(9 * minute + 50 * second)
    const slow = await browser.open()
    slow.session.get('a')
    clock.advance(20 * second)
    slow.session.set('b', 2)
    await slow.conclude()
    assert.deepEqual(await other.see((session) => session.keys()), ['a', 'b'])
  })

  test('a touch is asked for by an open page: touch() and save() count when they are called', async () => {
    for (const use of ['touch', 'save'] as const) {
      const { browser, store, clock } = setUp(times)
      await browser.visit((session) => session.set('a', 1))
      const page = await browser.open()
      page.session.get('a')
      await page.conclude()
      for (let passed = 0; passed < 30; passed += 1) {
        clock.advance(minute)
        await page.session[use]()
        await settle()
        assert.equal(rowOf(store.rows, clock).lastSeenAt, clock.now())
      }
    }
  })

  test('a touch of a store that throws at once is an event as well', async () => {
    const { browser, store, clock, events } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(minute)
    store.touch = () => {
      throw new Error('no')
    }
    await browser.visit((session) => session.get('a'))
    assert.equal(typesOf(events).at(-1), 'failed')
  })

  test('a touch does not prolong the life that a later idleTimeout option would give', async () => {
    const { browser, store, clock } = setUp(times)
    await browser.visit((session) => session.set('a', 1))
    const longer = setUp({ ...times, idleTimeout: '30m', store, clock })
    clock.advance(minute)
    await new Browser(longer.sessions, browser.cookie).visit()
    assert.equal(rowOf(store.rows, clock).idleExpiresAt, clock.now() + 10 * minute)
  })

  test('a touch is remembered for many sessions without end to memory, at the cost of a touch too many', async () => {
    const { browser, store, clock } = setUp({
      ...times,
      maxAge: '400d',
      idleTimeout: '200d',
      touchEvery: '1m',
    })
    await browser.visit((session) => session.set('a', 1))
    for (let day = 0; day < 30; day += 1) {
      clock.advance(24 * hour)
      await browser.visit()
      await browser.visit()
    }
    assert.equal(store.count('touch'), 30)
  })

  test('a touch is remembered for 10 000 sessions at most', async () => {
    const { sessions, store, clock } = setUp(times)
    const browsers = Array.from({ length: 10_001 }, () => new Browser(sessions))
    for (const each of browsers) await each.visit((session) => session.set('a', 1))
    clock.advance(minute)
    store.always('touch', 'hang')
    const [first] = browsers as [Browser, ...Browser[]]
    for (const each of [...browsers.slice(0, -1), first]) await each.visit()
    assert.equal(store.count('touch'), 10_000)
    for (const each of [...browsers.slice(-1), first]) await each.visit()
    assert.equal(store.count('touch'), 10_002)
  })
})
