import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser, rowsOf, second, setUp } from './harness.ts'

describe('eager', () => {
  test('eager gives every visitor a session and a cookie before the handler runs', async () => {
    const { browser, store } = setUp({ eager: true })
    const headers = await browser.visit((session) => {
      assert.equal(store.rows.size, 1)
      assert.equal(session.isNew, false)
    })
    assert.match(headers.setCookie ?? '', /^session_id=[0-9a-f]{64}; Max-Age=86400/)
    assert.equal(headers.cacheControl, 'private, no-store')
    assert.equal(headers.vary, 'Cookie')
  })

  test('eager does so even when the handler does not look at the session', async () => {
    const { browser } = setUp({ eager: true })
    assert.ok((await browser.visit()).setCookie)
    assert.deepEqual(await browser.visit(), {})
  })

  test('eager sends the token that session.id showed', async () => {
    const { browser } = setUp({ eager: true })
    let shown = ''
    await browser.visit((session) => (shown = session.id))
    assert.equal(browser.token, shown)
  })

  test('eager keeps the session of a handler that fails', async () => {
    const { browser } = setUp({ eager: true })
    const headers = await browser.visit((session) => session.set('a', 1), { status: 500 })
    assert.ok(headers.setCookie)
    assert.deepEqual(await browser.see((session) => [session.isNew, session.keys()]), [false, []])
  })

  test('eager lets values be set after the head, with no cookie needed', async () => {
    const { browser } = setUp({ eager: true })
    const visit = await browser.open()
    await visit.conclude()
    visit.session.set('a', 1)
    await visit.exchange.finish()
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('eager begins a new session where the cookie opens nothing any more', async () => {
    for (const cookie of [`session_id=${'a'.repeat(64)}`, 'session_id=garbage']) {
      const { browser } = setUp({ eager: true })
      browser.cookie = cookie
      await browser.visit()
      assert.notEqual(browser.cookie, cookie)
      assert.equal(await browser.see((session) => session.isNew), false)
    }
  })

  test('eager does not let a late request with the token from before a login replace the new one', async () => {
    const { browser, sessions, store, clock } = setUp({ eager: true })
    await browser.visit()
    const late = new Browser(sessions, browser.cookie)
    await browser.visit((session) => session.login('u_1'))
    const headers = await late.visit((session) => session.get('a'))
    assert.equal(headers.setCookie, undefined)
    assert.equal(rowsOf(store.rows, clock).length, 1)
  })

  test('eager leaves no row and no cookie when the visitor destroys the session', async () => {
    const { browser, store } = setUp({ eager: true })
    const headers = await browser.visit((session) => session.destroy())
    assert.equal(headers.setCookie, undefined)
    assert.equal(store.rows.size, 0)
  })

  test('eager rotates on login of a first visit', async () => {
    const { browser, store } = setUp({ eager: true })
    let before = ''
    await browser.visit((session) => {
      before = session.id
      session.login('u_1')
    })
    assert.notEqual(browser.token, before)
    assert.equal(store.rows.size, 1)
    assert.equal(await browser.see((session) => session.userId), 'u_1')
  })

  test('eager with a store that fails gives the error to whoever uses the session, and no cookie', async () => {
    const { browser, store, events } = setUp({ eager: true })
    store.always('create', 'refuse')
    const headers = await browser.visit((session) => {
      assert.throws(() => session.get('a'), { code: 'ERR_SESSION_STORE', operation: 'create' })
    })
    assert.equal(headers.setCookie, undefined)
    assert.deepEqual(await browser.visit(), {})
    assert.equal(
      events.every((event) => event.type === 'failed' && event.during === 'save'),
      true,
    )
  })

  test('eager with a store that fails to read makes no second session', async () => {
    const { browser, store } = setUp({ eager: true })
    await browser.visit()
    store.plan('read', 'refuse')
    assert.deepEqual(await browser.visit(), {})
    assert.equal(store.rows.size, 1)
  })

  test('eager with a store that never answers waits no longer than timeout', async () => {
    const { browser, store, clock } = setUp({ eager: true })
    store.always('create', 'hang')
    const opening = browser.open()
    clock.advance(2 * second)
    const { session } = await opening
    assert.throws(() => session.get('a'), { code: 'ERR_SESSION_STORE' })
  })
})
