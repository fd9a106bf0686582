import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SessionOptions } from '../../src/manager/session-options.ts'
import { Browser, drive, minute, setUp } from './harness.ts'
import type { LooseSession } from './harness.ts'

/** A request that did something to a session which another one has ended meanwhile. */
async function endMeanwhile(act: (session: LooseSession) => unknown, options: SessionOptions = {}) {
  const stage = setUp(options)
  await stage.browser.visit((session) => (session.set('a', 1), session.flash('notice', 'x')))
  const slow = await stage.browser.open()
  await new Browser(stage.sessions, stage.browser.cookie).visit((session) => session.logout())
  stage.events.length = 0
  await act(slow.session)
  return { ...stage, slow, dropped: () => stage.events.filter(({ type }) => type === 'dropped') }
}

describe('a change that was dropped', () => {
  test('a change that was dropped fails the save and the response, with an event that says how many', async () => {
    const { slow, dropped } = await endMeanwhile((session) => {
      session.set('b', 2)
      session.update('a', () => 3)
    })
    await assert.rejects(slow.conclude(), { code: 'ERR_SESSION_CONFLICT', reason: 'gone', status: 409 })
    assert.deepEqual(
      dropped().map((event) => 'count' in event && [event.reason, event.count]),
      [['gone', 2]],
    )
  })

  test('a change that was dropped is no failure if it only takes what was shown', async () => {
    for (const take of [
      (session: LooseSession) => session.take('a'),
      (session: LooseSession) => session.takeFlash('notice'),
    ]) {
      const { slow, dropped } = await endMeanwhile(take)
      assert.equal((await slow.conclude()).setCookie, undefined)
      assert.equal(dropped().length, 1)
    }
  })

  test('a change that was dropped is a failure if it takes and sets', async () => {
    const { slow } = await endMeanwhile((session) => (session.takeFlash('notice'), session.set('b', 2)))
    await assert.rejects(slow.conclude(), { reason: 'gone' })
  })

  test('a change that was dropped is an event only under onDropped, and save resolves to false', async () => {
    const { slow, dropped } = await endMeanwhile(
      async (session) => {
        session.set('b', 2)
        assert.equal(await session.save(), false)
        session.set('c', 3)
      },
      { onDropped: 'event' },
    )
    assert.equal((await slow.conclude()).setCookie, undefined)
    assert.equal(dropped().length, 2)
  })

  test('a change that was dropped of a transaction rejects under onDropped as well, because it has no result', async () => {
    await endMeanwhile(
      (session) =>
        assert.rejects(
          session.transaction((values) => values.set('b', 2)),
          { reason: 'gone' },
        ),
      { onDropped: 'event' },
    )
  })

  test('a change that was dropped of a handler that fails is told with its number, and is no second error', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    events.length = 0
    await browser.visit((session) => (session.set('b', 2), session.flash('n', 'x')), { status: 500 })
    assert.deepEqual(
      events.map((event) => event.type === 'dropped' && [event.reason, event.count]),
      [['failed', 2]],
    )
  })

  test('a change that was dropped is not told where a handler that fails has changed nothing', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    events.length = 0
    await browser.visit((session) => session.get('a'), { status: 500 })
    assert.deepEqual(events, [])
  })

  test('a change that was dropped resolves save to true where it was saved', async () => {
    const { browser } = setUp()
    await browser.visit(async (session) => {
      session.set('a', 1)
      assert.equal(await session.save(), true)
      assert.equal(await session.save(), true)
    })
  })
})

async function logInTwice(data: (session: LooseSession) => void, users: readonly [string, string]) {
  const stage = setUp()
  await stage.browser.visit(data)
  const late = new Browser(stage.sessions, stage.browser.cookie)
  await stage.browser.visit((session) => session.login(users[0]))
  await stage.browser.visit((session) => session.set('added', 1))
  return { ...stage, late, repeat: () => late.visit((session) => session.login(users[1])) }
}

describe('a login that is repeated with the old cookie', () => {
  test('a login that is repeated with the old cookie keeps the cart of the same user: a double click, or an answer that was lost', async () => {
    const { late, repeat, browser } = await logInTwice(
      (session) => session.set('cart', ['a']),
      ['u_1', 'u_1'],
    )
    await repeat()
    assert.deepEqual(
      await late.see((session) => [session.userId, session.get('cart'), session.get('added')]),
      ['u_1', ['a'], 1],
    )
    assert.equal(await browser.see((session) => session.userId), 'u_1')
  })

  test('a login that is repeated with the old cookie as somebody else gets nothing of it', async () => {
    const { late, repeat } = await logInTwice((session) => session.set('cart', ['a']), ['u_1', 'u_2'])
    await repeat()
    assert.deepEqual(await late.see((session) => [session.userId, session.keys()]), ['u_2', []])
  })

  test('a login that is repeated with the old cookie shows what it inherits at once, and takes changes', async () => {
    const { late, store } = await logInTwice((session) => session.set('cart', ['a']), ['u_1', 'u_1'])
    await late.visit((session) => {
      assert.deepEqual([session.keys(), session.userId, session.isNew], [[], undefined, true])
      session.login('u_1')
      assert.deepEqual([session.get('cart'), session.userId, session.isNew], [['a'], 'u_1', true])
      session.set('more', 2)
    })
    assert.deepEqual(await late.see((session) => session.keys()), ['cart', 'added', 'more'])
    assert.equal(store.rows.size, 2)
  })

  test('a minute later is an ordinary login of a visitor', async () => {
    const { late, repeat, clock } = await logInTwice((session) => session.set('cart', ['a']), ['u_1', 'u_1'])
    clock.advance(minute)
    await repeat()
    assert.deepEqual(await late.see((session) => [session.userId, session.keys()]), ['u_1', []])
  })
})

describe('logout and login in one request', () => {
  for (const eager of [false, true]) {
    test(`logout and login in one request leave the new cookie to the browser${eager ? ', with eager as well' : ''}`, async () => {
      const { browser, sessions, clock } = setUp({ eager })
      await browser.visit((session) => session.login('u_1'))
      const sibling = new Browser(sessions, browser.cookie)
      await browser.visit((session) => (session.logout(), session.login('u_2')))
      const headers = await sibling.visit((session) =>
        assert.throws(() => session.set('seen', true), { reason: 'replaced', status: 409 }),
      )
      assert.equal(headers.setCookie, undefined)
      assert.equal(await browser.see((session) => session.userId), 'u_2')
      clock.advance(minute)
      assert.match(
        (await sibling.visit((session) => session.set('seen', true))).setCookie ?? '',
        /session_id=[0-9a-f]/,
      )
    })
  }

  test('let no sibling begin a session between the two, and none is kept from it if the login fails', async () => {
    for (const fate of ['pass', 'refuse'] as const) {
      const { browser, sessions, store, clock } = setUp()
      await browser.visit((session) => session.login('u_1'))
      const sibling = new Browser(sessions, browser.cookie)
      const visit = await browser.open()
      visit.session.logout()
      visit.session.login('u_2')
      store.plan('create', 'hold', 'refuse', 'refuse')
      const ending = visit.conclude()
      const held = await store.held('create')
      const headers = await sibling.visit((session) =>
        assert.throws(() => session.set('seen', true), { reason: 'replaced' }),
      )
      assert.equal(headers.setCookie, undefined)
      held[fate]()
      if (fate === 'pass') await ending
      else await assert.rejects(drive(clock, ending), { code: 'ERR_SESSION_STORE' })
      const seen = await sibling.see((session) => {
        try {
          session.set('seen', true)
          return true
        } catch {
          return false
        }
      })
      assert.equal(seen, fate === 'refuse')
    }
  })

  test('logout and login in one request are no reason to refuse a change when what follows the logout is not kept', async () => {
    for (const isGone of [false, true]) {
      const { browser, sessions, store } = setUp()
      await browser.visit((session) => session.login('u_1'))
      const sibling = new Browser(sessions, browser.cookie)
      const { session, exchange, conclude } = await browser.open()
      session.logout()
      session.set('a', 1)
      store.plan('delete', 'hold')
      const ending = isGone ? exchange.abandon() : conclude()
      const held = await store.held('delete')
      if (!isGone) session.logout()
      held.pass()
      await ending
      assert.equal(store.rows.size, 0)
      assert.ok((await sibling.visit((each) => each.set('seen', true))).setCookie)
    }
  })

  test('logout and login in one request are no reason to refuse a change after a mere logout', async () => {
    const { browser, sessions } = setUp()
    await browser.visit((session) => session.login('u_1'))
    const sibling = new Browser(sessions, browser.cookie)
    await browser.visit((session) => session.logout())
    assert.ok((await sibling.visit((session) => session.set('seen', true))).setCookie)
  })
})
