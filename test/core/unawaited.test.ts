import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { Browser, createTestClock, settle, setUp } from './harness.ts'
import type { Loose, LooseSession } from './harness.ts'

const error = new Error('no seats left')
const fail = (): never => {
  throw error
}
const failing: Readonly<Record<string, (session: LooseSession) => Promise<unknown>>> = {
  transaction: (session) => session.transaction(fail),
  save(session) {
    session.destroy()
    return session.save()
  },
  consume(session) {
    session.destroy()
    return session.consume('a')
  },
}
const listening: Readonly<Record<string, (promise: Promise<unknown>) => unknown>> = {
  await: async (promise) => {
    try {
      await promise
    } catch {}
  },
  'then()': (promise) => promise.then(undefined, () => {}),
  catch: (promise) => promise.catch(() => {}),
  finally: (promise) => promise.finally(() => {}).catch(() => {}),
  'Promise.all': (promise) => Promise.all([promise, Promise.resolve(1)]).catch(() => {}),
  'Promise.race': (promise) => Promise.race([promise, new Promise(() => {})]).catch(() => {}),
  'an async function': (promise) => (async () => promise)().catch(() => {}),
}

describe('a promise that nobody awaits', () => {
  for (const [call, act] of Object.entries(failing)) {
    test(`a promise that nobody awaits is an event when ${call} fails`, async () => {
      const { browser, events } = setUp()
      const { session } = await browser.open()
      void act(session)
      await settle()
      const told = events.filter((event) => event.type === 'failed' && event.during === 'unawaited')
      assert.equal(told.length, 1)
      assert.match(String((told[0] as { handle?: string }).handle), /^[0-9a-f]{24}$/)
      assert.ok((told[0] as { error?: unknown }).error instanceof Error)
    })

    for (const [how, listen] of Object.entries(listening)) {
      test(`a promise that nobody awaits is none when ${call} fails and ${how} hears it`, async () => {
        const { browser, events } = setUp()
        const { session } = await browser.open()
        void listen(act(session))
        await settle()
        assert.deepEqual(events, [])
      })
    }
  }

  test('a promise that nobody awaits is none when it succeeds', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => {
      void session.transaction((values) => values.set('a', 1))
      void session.save()
    })
    await settle()
    assert.ok(!events.some((event) => event.type === 'failed'))
  })

  test('a promise that nobody awaits is none of what the handler knows of an earlier conflict', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { session, exchange } = await browser.open()
    const other = elsewhere()
    await other.visit((same) => same.logout())
    session.set('a', 2)
    await assert.rejects(session.save(), { reason: 'gone' })
    session.logout()
    session.set('b', 1)
    // Awaited later, as beside another call.
    const saving = session.save()
    await settle()
    assert.equal(await saving, true)
    const again = session.save()
    assert.ok((await exchange.conclude({ status: 200 })).cookies[0]?.line)
    await again
  })

  test('a promise that nobody awaits that has lost changes fails the response, and a later save in it', async () => {
    const { browser, elsewhere } = setUp()
    for (const act of [
      (session: LooseSession) => session.save(),
      (session: LooseSession) => session.transaction(() => 1),
    ]) {
      browser.cookie = undefined
      await browser.visit((each) => each.set('a', 1))
      const { session, exchange } = await browser.open()
      await elsewhere().visit((same) => same.logout())
      session.set('a', 2)
      void act(session)
      await assert.rejects(async () => exchange.conclude({ status: 200 }), { reason: 'gone' })
      await assert.rejects(session.save(), { reason: 'gone' })
    }
  })

  test('a promise that nobody awaits is a line of the log without what the function threw', async (context) => {
    const print = mock.method(console, 'error', () => {})
    context.after(() => print.mock.restore())
    const sessions = createSessionManager<Loose>({ clock: createTestClock() })
    await new Browser(sessions).visit((session) => void session.transaction(fail))
    await settle()
    assert.deepEqual(
      print.mock.calls.map(({ arguments: parts }) => parts),
      [
        [
          'coatcheck: nobody awaited a save, consume or transaction that failed: ' +
            'a function of the application failed: see onEvent',
        ],
      ],
    )
  })

  test('a promise that nobody awaits is a promise all the same', async () => {
    const { browser } = setUp()
    const { session } = await browser.open()
    const promise = session.transaction(() => 5)
    assert.ok(promise instanceof Promise)
    assert.equal(await promise, 5)
    assert.equal(promise.then().constructor, Promise)
  })
})
