import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { SessionEvent } from '../../src/manager/events.ts'
import { hashOwner } from '../../src/id/hash.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, increment, settle, setUp } from './harness.ts'

function withoutHandles(events: readonly SessionEvent[]): unknown[] {
  return events.map((event) =>
    Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'handle')),
  )
}

describe('events', () => {
  test('events tell the life of a session, with its handle', async () => {
    const { browser, events } = setUp()
    let handle = ''
    await browser.visit((session) => {
      session.set('a', 1)
      handle = session.handle
    })
    await browser.visit((session) => session.regenerateId())
    await browser.visit((session) => session.login('u_1'))
    await browser.visit((session) => session.set('a', 2))
    await browser.visit((session) => session.logout())
    assert.deepEqual(events, [
      { type: 'created', handle },
      { type: 'rotated', handle },
      { type: 'login', handle },
      { type: 'ended', handle },
    ])
  })

  test('events tell of a login that creates the session as both', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.login('u_1'))
    assert.deepEqual(withoutHandles(events), [{ type: 'created' }, { type: 'login' }])
  })

  const rejections: readonly [string, string, string][] = [
    ['an empty value', 'session_id=', 'malformed'],
    ['garbage', 'session_id=garbage', 'malformed'],
    ['an upper-case token', `session_id=${'A'.repeat(64)}`, 'malformed'],
    ['a quoted token', `session_id="${'a'.repeat(64)}"`, 'malformed'],
    ['a token of another kind', 'session_id=s%3Aabc.def', 'malformed'],
    ['two tokens', `session_id=${'a'.repeat(64)}; session_id=${'b'.repeat(64)}`, 'unknown'],
    ['a token and garbage', `session_id=${'a'.repeat(64)}; session_id=x`, 'unknown'],
    ['two that are garbage', 'session_id=y; session_id=x', 'malformed'],
    ['five cookies', ['1', '2', '3', '4', '5'].map((each) => `session_id=${each}`).join('; '), 'duplicate'],
    ['a token that was never given out', `session_id=${'a'.repeat(64)}`, 'unknown'],
  ]
  for (const [what, cookie, reason] of rejections) {
    test(`events tell of ${what} as ${reason}; nothing is adopted, and no cookie is sent`, async () => {
      const { browser, events, store } = setUp()
      browser.cookie = cookie
      let id = ''
      const headers = await browser.visit((session) => {
        assert.equal(session.isNew, true)
        assert.equal(session.userId, undefined)
        id = session.id
      })
      assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private' })
      assert.equal(cookie.includes(id), false)
      assert.deepEqual(events, [{ type: 'rejected', reason }])
      const { setCookie = '' } = await browser.visit((session) => session.set('a', 1))
      assert.equal(cookie.includes(browser.token), false)
      assert.equal(cookie.includes(browser.token.slice(0, 32)), false)
      assert.match(setCookie, /Max-Age=86400/)
      assert.equal(store.rows.size, 1)
    })
  }

  test('events tell of a token with the right selector and a wrong verifier, with the handle', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const [created] = events
    browser.cookie = `session_id=${browser.token.slice(0, 32)}${'0'.repeat(32)}`
    await browser.visit((session) => assert.equal(session.get('a'), undefined))
    assert.ok(created?.type === 'created')
    assert.deepEqual(events.at(-1), { type: 'rejected', reason: 'wrong-verifier', handle: created.handle })
  })

  test('events tell nothing of no cookie, of other cookies, of a usual request', async () => {
    const { browser, events, sessions } = setUp()
    await browser.visit((session) => session.set('a', 1))
    events.length = 0
    await browser.visit((session) => session.get('a'))
    await browser.visit((session) => session.set('a', 2))
    await new Browser(sessions, 'other=1; SESSION_ID=2; session_id').visit((session) => session.get('a'))
    assert.deepEqual(events, [])
  })

  test('events tell of eviction by a bounded store', async () => {
    const { sessions, events } = setUp({ store: memoryStore({ maxSessions: 1 }) })
    const browsers = [new Browser(sessions), new Browser(sessions)] as const
    await browsers[0].visit((session) => session.set('a', 1))
    await browsers[1].visit((session) => session.set('a', 1))
    const [first] = events
    assert.ok(first?.type === 'created')
    assert.deepEqual(
      events.filter(({ type }) => type === 'evicted'),
      [{ type: 'evicted', reason: 'capacity', handle: first.handle }],
    )
    await sessions.close()
    await browsers[0].visit((session) => session.set('a', 1))
    assert.equal(events.filter(({ type }) => type === 'evicted').length, 1)
  })

  test('events tell of a failure once', async () => {
    const { browser, events, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.always('commit', 'refuse')
    await browser.visit((session) => session.set('a', 2)).catch(() => {})
    const failures = events.filter((event) => event.type === 'failed')
    assert.deepEqual(
      failures.map(({ during }) => during),
      ['save'],
    )
  })

  test('events tell of an edit in place that made the save fail', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.set('when', new Date(5)))
    const visit = await browser.open()
    ;(visit.session.get('when') as Date).setTime(6)
    await assert.rejects(visit.conclude())
    const event = events.at(-1)
    assert.ok(event?.type === 'failed' && /'when'/.test(event.error.message))
  })

  test('events do not tell of an overwriting that was not saved', async () => {
    const { browser, events, store } = setUp()
    await browser.visit((session) => session.set('a', 0))
    const slow = await browser.open()
    slow.session.set('a', 1)
    await browser.visit((session) => session.set('a', 2))
    store.plan('commit', 'pass', ...Array.from({ length: 20 }, () => 'refuse' as const))
    await assert.rejects(slow.conclude())
    assert.equal(
      events.some(({ type }) => type === 'overwritten'),
      false,
    )
  })

  test('events whose listener throws fail no request', async () => {
    const { browser } = setUp({
      onEvent: () => {
        throw new Error('the log is full')
      },
    })
    await browser.visit((session) => session.login('u_1'))
    browser.cookie = `${browser.cookie}0`
    await browser.visit((session) => session.set('a', 1))
  })

  test('events whose listener returns a thenable are waited for, and a rejection is ignored', async () => {
    let rejections = 0
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable -- as the query builders of databases have it
      then(_: unknown, reject: (error: Error) => void) {
        rejections += 1
        reject(new Error('the log is full'))
      },
    }
    const { browser } = setUp({ onEvent: () => thenable })
    await browser.visit((session) => session.set('a', 1))
    await settle()
    assert.equal(rejections, 1)
  })

  test('events hold no token, key, value, or user', async () => {
    const { browser, events, store, elsewhere } = setUp()
    await browser.visit((session) => session.set('name', 'secret-value'))
    const slow = await browser.open()
    slow.session.set('name', 'secret-slow')
    await elsewhere().visit((session) => session.set('name', 'secret-fast'))
    await slow.conclude()
    await browser.visit((session) => session.login('secret-user'))
    const { token } = browser
    const owner = hashOwner('session_id', 'secret-user')
    const listed = await store.rows.listByUser(owner, { limit: 9 }, 0)
    const keys = listed.map(({ key }) => key)
    await browser.visit((session) => session.update('count', increment))
    browser.cookie = `session_id=${token.slice(0, 63)}`
    await browser.visit((session) => session.get('a'))
    const text = JSON.stringify(events)
    for (const secret of [token, token.slice(0, 32), token.slice(32), ...keys, owner, 'secret-']) {
      assert.equal(text.includes(secret), false, secret)
    }
    assert.equal(keys.length, 1)
  })
})

/** What a save prints that the store fails with `cause`. */
async function fail(context: TestContext, cause: unknown): Promise<string[]> {
  const print = context.mock.method(console, 'error', () => {})
  const store = { ...memoryStore(), create: () => Promise.reject(cause) }
  const { browser } = setUp({ store, onEvent: undefined })
  await assert.rejects(browser.visit((session) => session.set('a', 1)))
  return print.mock.calls.map(({ arguments: [line] }) => String(line))
}

describe('without a listener', () => {
  test('a failed save is printed with the code of the store’s error', async (context) => {
    const [line] = await fail(context, Object.assign(new Error('tell nobody'), { code: 'ECONNREFUSED' }))
    assert.equal(line, "coatcheck: the store failed at 'create' (ECONNREFUSED)")
  })

  test('nothing else of the store’s error is printed', async (context) => {
    for (const code of ['tell nobody', 7, undefined, 'A\nB']) {
      const lines = await fail(context, Object.assign(new Error('tell nobody'), { code }))
      assert.equal(lines.at(-1), "coatcheck: the store failed at 'create'")
      context.mock.reset()
    }
    assert.equal((await fail(context, undefined)).at(-1), "coatcheck: the store failed at 'create'")
  })

  test('a failed load is not printed: the request gets the error', async (context) => {
    const print = context.mock.method(console, 'error', () => {})
    const store = { ...memoryStore(), read: () => Promise.reject(new Error('down')) }
    const { browser } = setUp({ store, onEvent: undefined })
    browser.cookie = `session_id=${'a'.repeat(64)}`
    await browser.visit((session) => assert.throws(() => session.get('theme')))
    assert.equal(print.mock.callCount(), 0)
  })

  test('what a function of the application throws is not printed, an edit in place is', async (context) => {
    const print = context.mock.method(console, 'error', () => {})
    const { browser } = setUp({ onEvent: undefined })
    await browser.visit((session) => (session.set('note', '{}'), session.set('since', new Date(0))))
    const slow = await browser.open()
    slow.session.update('note', (note) => JSON.stringify([JSON.parse(note as string)]))
    await browser.visit((session) => session.set('note', 'tell nobody'))
    await assert.rejects(slow.conclude(), SyntaxError)
    await assert.rejects(
      browser.visit((session) => void (session.get('since') as Date).setTime(1)),
      TypeError,
    )
    const lines = print.mock.calls.map(({ arguments: [line] }) => String(line))
    assert.match(lines[0] ?? '', /^coatcheck: a function of the application failed:/)
    assert.match(lines[1] ?? '', /^coatcheck: edited in place, which saves nothing: 'since'/)
    assert.equal(lines.length, 2)
  })
})
