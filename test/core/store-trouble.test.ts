import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../../src/contract/clock.ts'
import { SessionConflictError, SessionStoreError } from '../../src/contract/errors.ts'
import { demandNoUnhandled } from '../support/demand-no-unhandled.ts'
import { Browser, createTestClock, hour, increment, second, setUp, settle, typesOf } from './harness.ts'

demandNoUnhandled()

function isStoreError(operation: string) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof SessionStoreError, String(error))
    assert.equal(error.operation, operation)
    assert.equal(error.status, 503)
    return true
  }
}

test('a store that has answered, or failed, leaves no timer behind', async () => {
  const base = createTestClock()
  let timers = 0
  const clock: Clock = {
    ...base,
    schedule(delay, task) {
      timers += 1
      const cancel = base.schedule(delay, task)
      return () => {
        timers -= 1
        cancel()
      }
    },
  }
  const { browser, store } = setUp({ clock })
  await browser.visit((session) => session.set('a', 1))
  await browser.visit((session) => session.get('a'))
  store.always('commit', 'refuse')
  await assert.rejects(
    browser.visit((session) => session.set('a', 2)),
    isStoreError('commit'),
  )
  assert.equal(timers, 0)
})

test('a clock that is set back during a save makes nobody wait longer', async () => {
  const base = createTestClock()
  let shift = 0
  const { browser, store } = setUp({ clock: { ...base, now: () => base.now() + shift }, timeout: '2s' })
  await browser.visit((session) => session.set('a', 1))
  store.always('commit', 'hang')
  store.plan('commit', 'hold')
  let error: unknown
  const visiting = browser
    .visit((session) => session.set('a', 2))
    .catch((reason: unknown) => (error = reason))
  const held = await store.held('commit')
  shift = -hour
  held.refuse()
  for (let passed = 0; passed < 60; passed += 1) {
    await settle()
    base.advance(second)
  }
  await settle()
  assert.ok(isStoreError('commit')(error))
  await visiting
})

describe('a store that never answers', () => {
  test('a store that never answers fails the first use of the session within timeout, and not the load', async () => {
    const { browser, store, clock } = setUp({ timeout: '2s' })
    await browser.visit((session) => session.set('a', 1))
    store.always('read', 'hang')
    const opening = browser.open()
    clock.advance(2 * second - 1)
    let isOpen = false
    void opening.then(() => (isOpen = true))
    await settle()
    assert.equal(isOpen, false)
    clock.advance(1)
    const { session } = await opening
    assert.throws(() => session.get('a'), isStoreError('read'))
    assert.throws(() => session.userId, isStoreError('read'))
    assert.throws(() => session.set('a', 1), isStoreError('read'))
    assert.throws(() => session.logout(), isStoreError('read'))
    await assert.rejects(session.save(), isStoreError('read'))
  })

  test('a store that never answers leaves pages that use no session alone', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.always('read', 'hang')
    const visiting = browser.visit()
    clock.advance(2 * second)
    assert.deepEqual(await visiting, {})
  })

  test('a store that never answers leaves visitors without a cookie alone', async () => {
    const { sessions, store } = setUp()
    store.always('read', 'hang')
    await new Browser(sessions).visit((session) => session.get('a'))
  })

  test('a store that never answers fails the save within timeout, and the cookie stays as it is', async () => {
    const { browser, store, clock, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { cookie } = browser
    store.always('commit', 'hang')
    const visiting = browser.visit((session) => (session.set('a', 2), session.login('u_1')))
    await settle()
    clock.advance(2 * second)
    await assert.rejects(visiting, isStoreError('commit'))
    assert.equal(browser.cookie, cookie)
    assert.equal(typesOf(events).at(-1), 'failed')
  })

  test('a store that never answers fails a creation within timeout, and no cookie is sent', async () => {
    const { browser, store, clock } = setUp()
    store.always('create', 'hang')
    const visiting = browser.visit((session) => session.set('a', 1))
    await settle()
    clock.advance(2 * second)
    await assert.rejects(visiting, isStoreError('create'))
    assert.equal(browser.cookie, undefined)
  })

  test('a store that never answers fails a logout within timeout, and the cookie stays', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { cookie } = browser
    store.always('delete', 'hang')
    const visiting = browser.visit((session) => session.logout())
    await settle()
    clock.advance(2 * second)
    await assert.rejects(visiting, isStoreError('delete'))
    assert.equal(browser.cookie, cookie)
  })

  test('a store that never answers holds up no request for longer than timeout, however many wait in line', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const visits = await Promise.all(Array.from({ length: 50 }, () => browser.open()))
    visits.forEach(({ session }) => session.update('count', increment))
    store.always('commit', 'hang')
    const endings = Promise.allSettled(visits.map((visit) => visit.conclude()))
    await settle()
    clock.advance(2 * second)
    for (const result of await endings) {
      assert.equal(result.status, 'rejected')
      const reason: unknown = result.status === 'rejected' ? result.reason : undefined
      // The one under way may have been saved; of those behind it nothing was sent.
      const isBusy = reason instanceof SessionConflictError && reason.reason === 'busy'
      assert.ok(isBusy || isStoreError('commit')(reason))
    }
    assert.equal(store.count('commit'), 1)
  })

  test('a store that never answers holds up a request that came later by no more than its own timeout', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const visits = [await browser.open(), await browser.open(), await browser.open()]
    visits.forEach(({ session }) => session.update('count', increment))
    store.always('commit', 'hang')
    const endings: Promise<unknown>[] = []
    const ended: number[] = []
    for (const visit of visits) {
      const begun = clock.now()
      endings.push(visit.conclude().catch(() => ended.push(clock.now() - begun)))
      await settle()
      clock.advance(second)
    }
    for (let index = 0; index < 40; index += 1) {
      await settle()
      clock.advance(100)
    }
    await Promise.all(endings)
    assert.equal(ended.length, 3)
    assert.ok(
      ended.every((milliseconds) => milliseconds <= 2200),
      `they took ${ended.join(', ')} ms`,
    )
  })

  test('a store that never answers takes the whole of a save into account, not each call', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    visit.session.set('a', 2)
    store.plan('commit', 'hold')
    store.plan('read', 'hang')
    const ending = visit.conclude()
    const held = await store.held('commit')
    clock.advance(1500)
    held.refuse()
    await settle()
    clock.advance(499)
    await settle()
    clock.advance(1)
    await assert.rejects(ending, { status: 503 })
  })
})

describe('a late answer', () => {
  test('a late answer of a read is ignored', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.plan('read', 'hold')
    const opening = browser.open()
    const held = await store.held('read')
    clock.advance(2 * second)
    const { session } = await opening
    held.pass()
    await settle()
    assert.throws(() => session.get('a'), isStoreError('read'))
  })

  for (const answer of ['pass', 'refuse', 'lose'] as const) {
    test(`a late answer of a commit is ignored, and harms nobody (${answer})`, async () => {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      store.plan('commit', 'hold')
      const visiting = browser.visit((session) => session.set('a', 2))
      const held = await store.held('commit')
      clock.advance(2 * second)
      await assert.rejects(visiting, { status: 503 })
      held[answer]()
      await settle()
      assert.equal(await browser.see((session) => session.get('a')), answer === 'refuse' ? 1 : 2)
    })
  }

  test('a late answer of a creation leaves a row that nobody holds a token for', async () => {
    const { browser, store, clock } = setUp()
    store.plan('create', 'hold')
    const visiting = browser.visit((session) => session.set('a', 1))
    const held = await store.held('create')
    clock.advance(2 * second)
    await assert.rejects(visiting, { status: 503 })
    held.pass()
    await settle()
    assert.equal(browser.cookie, undefined)
  })
})

describe('a store that fails', () => {
  const failures: readonly [string, () => unknown][] = [
    ['rejects', () => Promise.reject(new Error('ECONNREFUSED'))],
    [
      'throws at once',
      () => {
        throw new Error('ECONNREFUSED')
      },
    ],
    ['rejects with text', () => Promise.reject('ECONNREFUSED')], // oxlint-disable-line prefer-promise-reject-errors
    ['rejects with nothing', () => Promise.reject()], // oxlint-disable-line prefer-promise-reject-errors
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ], // oxlint-disable-line no-throw-literal
  ]
  for (const [how, fail] of failures) {
    test(`a store that fails is a SessionStoreError at the first use when the read ${how}`, async () => {
      const { browser, store, events } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const { cookie } = browser
      store.read = fail as typeof store.read
      const visit = await browser.open()
      assert.throws(() => visit.session.get('a'), isStoreError('read'))
      const event = events.at(-1)
      assert.ok(event?.type === 'failed' && event.during === 'load' && isStoreError('read')(event.error))
      assert.deepEqual(await visit.conclude(), { vary: 'Cookie', cacheControl: 'private' })
      assert.equal(browser.cookie, cookie)
    })

    test(`a store that fails is a SessionStoreError of the commit when the commit ${how}`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      store.commit = fail as typeof store.commit
      await assert.rejects(
        browser.visit((session) => session.set('a', 2)),
        isStoreError('commit'),
      )
    })

    test(`a store that fails is a SessionStoreError of the creation when the creation ${how}`, async () => {
      const { browser, store } = setUp()
      store.create = fail as typeof store.create
      await assert.rejects(
        browser.visit((session) => session.set('a', 2)),
        isStoreError('create'),
      )
    })
  }

  test('a store that fails keeps its own error as the cause', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.plan('read', 'refuse')
    const { session } = await browser.open()
    assert.throws(
      () => session.get('a'),
      (error: Error) => /read was refused/.test(String(error.cause)),
    )
  })

  test('a store that fails answers null for what is absent: that is nothing, not trouble', async () => {
    const { browser, store } = setUp()
    browser.cookie = `session_id=${'a'.repeat(64)}`
    store.read = () => null as unknown as undefined
    assert.equal(await browser.see((session) => session.isNew), true)
  })

  test('a store that fails answers with garbage: the session is not usable, and nothing crashes', async () => {
    for (const garbage of ['text', 5, true, Buffer.from('x'), [], {}, { key: 1 }]) {
      const { browser, store } = setUp()
      browser.cookie = `session_id=${'a'.repeat(64)}`
      store.read = () => garbage as unknown as undefined
      const visit = await browser.open()
      try {
        assert.equal(visit.session.userId, undefined)
        assert.equal(visit.session.isNew, true)
      } catch (error) {
        assert.equal((error as { code: string }).code, 'ERR_SESSION_DECODE')
      }
      await visit.conclude()
    }
  })

  test('a store that fails: after a failed save lets the request do no more with the session, nor answer as if it were saved', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visiting = browser.visit(async (session) => {
      session.set('a', 2)
      store.plan('commit', ...Array.from({ length: 8 }, () => 'refuse' as const))
      await assert.rejects(session.save(), isStoreError('commit'))
      assert.throws(() => session.get('a'), isStoreError('commit'))
    })
    await assert.rejects(visiting, isStoreError('commit'))
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a store that fails: after a failed save fails the response as well, even when a Date had been read', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('when', new Date(5)))
    const visiting = browser.visit(async (session) => {
      session.get('when')
      session.set('a', 2)
      store.plan('commit', ...Array.from({ length: 8 }, () => 'refuse' as const))
      await assert.rejects(session.save(), isStoreError('commit'))
    })
    await assert.rejects(visiting, isStoreError('commit'))
  })

  test('logs nobody out: when it is back, the session is there', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.login('u_1'))
    store.always('read', 'refuse')
    await browser.visit((session) => assert.throws(() => session.userId), { status: 503 })
    store.always('read', 'pass')
    assert.equal(await browser.see((session) => session.userId), 'u_1')
  })

  test('a store that fails for one session leaves others of the same process alone', async () => {
    const { sessions, store, clock } = setUp()
    const browsers = [new Browser(sessions), new Browser(sessions)] as const
    for (const each of browsers) await each.visit((session) => session.set('a', 1))
    store.plan('commit', 'hang')
    const stuck = browsers[0].visit((session) => session.set('a', 2))
    await settle()
    await browsers[1].visit((session) => session.set('a', 3))
    assert.equal(await browsers[1].see((session) => session.get('a')), 3)
    clock.advance(2 * second)
    await assert.rejects(stuck, { status: 503 })
  })
})
