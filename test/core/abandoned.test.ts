import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser, setUp, settle } from './harness.ts'
import type { LooseSession } from './harness.ts'

/** A request whose client hangs up after the handler has done something. */
async function hangUpAfter(act: (session: LooseSession) => void, before?: (session: LooseSession) => void) {
  const stage = setUp()
  const { browser, events, store } = stage
  if (before) await browser.visit(before)
  events.length = 0
  const { session, exchange } = await browser.open()
  act(session)
  let lateChanges = 0
  await exchange.abandon({ onLateChange: () => void (lateChanges += 1) })
  return { ...stage, session, exchange, lateChanges: () => lateChanges, rows: store.rows }
}

const signedIn = (session: LooseSession): void => {
  session.login('u_1')
  session.set('a', 1)
}

const logInAsAnother = (session: LooseSession): void => session.login('u_2')

const writeAsAnother = (session: LooseSession): void => {
  session.login('u_2')
  session.set('secret', 'of u_2')
  session.flash('notice', 'Hello u_2')
  session.update('a', () => 'of u_2')
}

describe('a client that has hung up', () => {
  test('a client that has hung up loses no change of data', async () => {
    const { browser } = await hangUpAfter((session) => session.set('a', 2), signedIn)
    assert.equal(await browser.see((session) => session.get('a')), 2)
  })

  test('a client that has hung up loses no logout, before or after it hung up', async () => {
    const first = await hangUpAfter((session) => session.logout(), signedIn)
    assert.equal(first.rows.size, 0)
    const second = await hangUpAfter(() => {}, signedIn)
    second.session.logout()
    assert.equal(second.lateChanges(), 1)
    await second.exchange.finish()
    assert.equal(second.rows.size, 0)
  })

  test('signs nobody out: the token stays what the browser knows', async () => {
    for (const act of [
      (session: LooseSession) => session.regenerateId(),
      (session: LooseSession) => (session.set('b', 1), session.regenerateId()),
    ]) {
      const { browser } = await hangUpAfter(act, signedIn)
      assert.equal(await browser.see((session) => session.userId), 'u_1')
    }
    const late = await hangUpAfter(() => {}, signedIn)
    late.session.regenerateId()
    await late.exchange.finish()
    assert.equal(await late.browser.see((session) => session.userId), 'u_1')
  })

  test('a client that has hung up loses its login, with an event, since nobody would learn the token', async () => {
    const early = await hangUpAfter((session) => session.login('u_1'))
    assert.equal(early.rows.size, 0)
    const late = await hangUpAfter(() => {})
    late.session.login('u_1')
    await settle()
    for (const { events } of [early, late]) {
      assert.deepEqual(
        events.map((event) => event.type === 'dropped' && [event.reason, event.count]),
        [['undeliverable', 1]],
      )
    }
  })

  test('a client that has hung up keeps what came before a login that is dropped', async () => {
    const { browser } = await hangUpAfter(
      (session) => (session.set('b', 2), session.login('u_2')),
      (session) => session.set('a', 1),
    )
    assert.deepEqual(await browser.see((session) => [session.userId, session.keys()]), [
      undefined,
      ['a', 'b'],
    ])
  })

  test('a client that has hung up writes nothing of a login that is dropped into a session that stays whose it was', async () => {
    for (const before of [(session: LooseSession) => session.set('a', 1), signedIn]) {
      const early = await hangUpAfter(writeAsAnother, before)
      const late = await hangUpAfter(() => {}, before)
      writeAsAnother(late.session)
      await late.exchange.finish()
      for (const { browser, events } of [early, late]) {
        const seen = await browser.see((session) => [
          session.keys(),
          session.get('a'),
          session.takeFlash('notice'),
        ])
        assert.deepEqual(seen, [['a'], 1, []])
        const dropped = events.map((event) => (event.type === 'dropped' ? event.count : 0))
        assert.equal(
          dropped.reduce((sum, count) => sum + count, 0),
          4,
        )
      }
    }
  })

  test('a client that has hung up runs nothing on it either, nor ends the other sessions of its user', async () => {
    for (const isLate of [false, true]) {
      const { sessions, session, rows, browser } = await hangUpAfter(
        isLate ? () => {} : logInAsAnother,
        signedIn,
      )
      if (isLate) logInAsAnother(session)
      const other = new Browser(sessions)
      await other.visit((each) => each.login('u_1'))
      const expected = { code: 'ERR_SESSION_STATE', message: /hung up/ }
      await assert.rejects(
        session.transaction((values) => values.set('a', 2)),
        expected,
      )
      await assert.rejects(session.consume('a'), expected)
      await assert.rejects(sessions.revokeOthers(session), expected)
      assert.equal(rows.size, 2)
      assert.equal(await browser.see((each) => each.get('a')), 1)
    }
  })

  /** What a handler does in a login, before or after the client has hung up. */
  const logins: Readonly<Record<string, (session: LooseSession) => unknown>> = {
    'a set': (session) => {
      session.login('u_2')
      session.set('address', 'secret')
    },
    'an update and a flash message': (session) => {
      session.login('u_2')
      session.update('address', () => 'secret')
      session.flash('notice', 'secret')
    },
    'a set and a save': async (session) => {
      session.login('u_2')
      session.set('address', 'secret')
      assert.equal(await session.save(), false)
    },
    'a transaction': async (session) => {
      session.login('u_2')
      const isRefused = { code: 'ERR_SESSION_STATE' }
      await assert.rejects(
        session.transaction((values) => values.set('address', 'secret')),
        isRefused,
      )
    },
  }
  for (const [what, act] of Object.entries(logins)) {
    for (const before of [(session: LooseSession) => session.set('seed', 1), signedIn]) {
      const whose = before === signedIn ? 'another user' : 'whoever planted the token'
      test(`a client that has hung up shows ${whose} nothing of ${what} that follows its login`, async () => {
        const { browser, sessions, session, exchange } = await hangUpAfter(() => {}, before)
        const copy = new Browser(sessions, browser.cookie)
        const had = await copy.see((each) => [...each.keys()])
        await act(session)
        await exchange.conclude({ status: 200 })
        await exchange.finish()
        assert.deepEqual(await copy.see((each) => [...each.keys()]), had)
        assert.equal(await copy.see((each) => each.takeFlash('notice').length), 0)
      })
    }
  }

  test('a client that has hung up saves nothing that was recorded after a login that is dropped, and tells how much', async () => {
    const { browser, events } = await hangUpAfter(
      (session) => (session.set('b', 2), session.login('u_2'), session.set('address', 'secret')),
      (session) => session.set('a', 1),
    )
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b'])
    const dropped = events.flatMap((event) => (event.type === 'dropped' ? [event.count] : []))
    assert.deepEqual(dropped, [2])
  })

  test('a client that has hung up lets its handler go on as if the login had been saved', async () => {
    const { session } = await hangUpAfter((each) => {
      each.login('u_2')
      each.set('b', 2)
    }, signedIn)
    session.update('b', (value) => Number(value) + 1)
    assert.deepEqual([session.userId, session.get('a'), session.get('b')], ['u_2', undefined, 3])
    await assert.rejects(session.consume('b'), { code: 'ERR_SESSION_STATE' })
    session.logout()
    assert.equal(session.userId, undefined)
  })

  test('a client that has hung up gets no session that nobody could ever open', async () => {
    const { rows, events } = await hangUpAfter((session) => session.set('a', 1))
    assert.equal(rows.size, 0)
    assert.deepEqual(
      events.map((event) => event.type === 'dropped' && event.reason),
      ['undeliverable'],
    )
  })

  test('a client that has hung up takes nothing back by failing later', async () => {
    const { browser, session, exchange } = await hangUpAfter((each) => each.set('a', 2), signedIn)
    session.set('b', 3)
    await exchange.conclude({ status: 500, hasFailed: true })
    assert.deepEqual(await browser.see((each) => [each.get('a'), each.get('b')]), [2, undefined])
  })

  test('a client that has hung up is saved once more when the handler answers all the same, and gets no cookie', async () => {
    const { browser, session, exchange } = await hangUpAfter((each) => each.set('a', 2), signedIn)
    session.set('b', 3)
    assert.equal((await exchange.conclude({ status: 200 })).cookies[0]?.line, undefined)
    assert.deepEqual(await browser.see((each) => [each.get('a'), each.get('b')]), [2, 3])
  })

  test('a client that has hung up makes nothing of a failing store but an event', async () => {
    const { browser, events, store } = setUp()
    await browser.visit(signedIn)
    const { session, exchange } = await browser.open()
    session.set('a', 2)
    store.always('commit', 'refuse')
    await exchange.abandon()
    assert.deepEqual(events.at(-1)?.type, 'failed')
  })

  test('a client that has hung up is nothing once the head is on its way', async () => {
    const { browser } = setUp()
    const visit = await browser.open()
    visit.session.login('u_1')
    await visit.conclude()
    await visit.exchange.abandon()
    assert.equal(await browser.see((session) => session.userId), 'u_1')
  })
})
