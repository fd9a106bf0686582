import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSessionManager } from '../../src/index.ts'
import { createDoor, openStage } from './stage.ts'
import type { Deed } from './stage.ts'
import { open } from '../../src/adapter.ts'

const begin: Deed = (session) => session.set('theme', 'dark')
const login: Deed = (session) => session.login('u_1')
const logout: Deed = (session) => session.logout()

describe('Logout is final', () => {
  const lateDeeds: readonly [string, Deed][] = [
    ['writes', (session) => session.set('theme', 'light')],
    ['writes what is there already', (session) => session.set('theme', 'dark')],
    ['only reads', (session) => session.get('theme')],
  ]
  for (const [what, deed] of lateDeeds) {
    test(`a request in flight that ${what} brings no session back`, async (context) => {
      const door = createDoor()
      const { browser, newBrowser, store } = await openStage(context, {
        '/begin': begin,
        '/logout': logout,
        '/late': async (session) => {
          deed(session, undefined as never, undefined as never)
          await door.pass()
        },
      })
      await browser.request('/begin')
      const tab = newBrowser(browser)
      const late = tab.request('/late')
      await door.reached
      await browser.request('/logout')
      door.open()
      const answer = await late
      assert.equal(answer.headers.getSetCookie().length, 0, 'the late answer sends no cookie')
      assert.equal(store.rows.size, 0, 'no row is left')
      assert.equal(await tab.text('/'), '[]')
    })
  }

  test('the session is out of the store before the answer says so', async (context) => {
    const { browser, store } = await openStage(context, { '/begin': begin, '/logout': logout })
    await browser.request('/begin')
    await browser.request('/logout')
    assert.equal(store.rows.size, 0)
    assert.equal(browser.cookies.size, 0)
  })

  test('what is being stored while the handler ends the session is removed as well', async (context) => {
    const { browser, store } = await openStage(context, {
      '/hasty': async (session) => {
        store.plan('create', 'hold')
        session.set('theme', 'dark')
        const saved = session.save()
        const creation = await store.held('create')
        session.logout()
        creation.pass()
        await saved
      },
    })
    await browser.request('/hasty')
    assert.equal(store.rows.size, 0)
  })

  test('Logout is final: after a login the token from before it opens nothing', async (context) => {
    const { browser, newBrowser } = await openStage(context, { '/begin': begin, '/login': login })
    await browser.request('/begin')
    const thief = newBrowser(browser)
    await browser.request('/login')
    assert.equal(await thief.text('/'), '[]')
    assert.match(await browser.text('/'), /theme/)
  })

  test('a request in flight across a login writes nothing into the session of the user', async (context) => {
    const door = createDoor()
    const { browser, newBrowser } = await openStage(context, {
      '/begin': begin,
      '/login': login,
      '/late': async (session) => {
        session.set('planted', true)
        await door.pass()
      },
    })
    await browser.request('/begin')
    const late = newBrowser(browser).request('/late')
    await door.reached
    await browser.request('/login')
    door.open()
    assert.equal((await late).headers.getSetCookie().length, 0)
    assert.equal(await browser.text('/'), '[["theme","dark"]]')
  })

  test('a request in flight across a new login of the same user writes nothing', async (context) => {
    const door = createDoor()
    const { browser, newBrowser } = await openStage(context, {
      '/login': login,
      '/late': async (session) => {
        session.set('planted', true)
        await door.pass()
      },
    })
    await browser.request('/login')
    const late = newBrowser(browser).request('/late')
    await door.reached
    await browser.request('/login')
    door.open()
    assert.equal((await late).status, 409)
    assert.equal(await browser.text('/'), '[]')
  })

  test('a logout with a planted token does not end the session of who has signed in on it', async (context) => {
    const door = createDoor()
    const { browser, newBrowser, sessions } = await openStage(context, {
      '/begin': begin,
      '/login': login,
      '/late': async (session) => {
        session.logout()
        await door.pass()
      },
    })
    await browser.request('/begin')
    const late = newBrowser(browser).request('/late')
    await door.reached
    await browser.request('/login')
    door.open()
    assert.equal((await late).headers.getSetCookie().length, 0)
    assert.equal((await sessions.list('u_1')).length, 1)
  })

  test('Logout is final: who rotates after a sibling has done so leaves the token of the sibling alone', async (context) => {
    const door = createDoor()
    const { browser, newBrowser } = await openStage(context, {
      '/begin': begin,
      '/rotate': (session) => session.regenerateId(),
      '/late': async (session) => {
        await door.pass()
        session.set('late', 1)
        await session.save()
        session.regenerateId()
      },
    })
    await browser.request('/begin')
    const late = newBrowser(browser).request('/late')
    await door.reached
    await browser.request('/rotate')
    door.open()
    assert.equal((await late).headers.getSetCookie().length, 0)
    assert.match(await browser.text('/'), /late/)
  })

  test('a late answer to the token of an ended session does not clear the cookie of the next', async (context) => {
    const { browser, newBrowser } = await openStage(context, { '/begin': begin, '/logout': logout })
    await browser.request('/begin')
    const tab = newBrowser(browser)
    await browser.request('/logout')
    const answer = await tab.request('/')
    assert.equal(answer.headers.getSetCookie().length, 0)
  })

  test('a request in flight brings no revoked session back', async (context) => {
    const door = createDoor()
    const { browser, newBrowser, sessions, store } = await openStage(context, {
      '/login': login,
      '/late': async (session) => {
        session.set('theme', 'light')
        await door.pass()
      },
    })
    await browser.request('/login')
    const late = newBrowser(browser).request('/late')
    await door.reached
    const [device] = await sessions.list('u_1')
    assert.ok(await sessions.revoke('u_1', device?.handle ?? ''))
    door.open()
    assert.equal((await late).headers.getSetCookie().length, 0)
    assert.equal(store.rows.size, 0)
    assert.equal(await browser.text('/'), '[]')
  })

  test('a session over a limit that was shortened opens nothing, whatever the limit is afterwards', async (context) => {
    const { browser, clock, store } = await openStage(context, { '/begin': begin })
    await browser.request('/begin')
    clock.advance('2h')
    const shortened = createSessionManager({ store, clock, maxAge: '1h', onEvent: () => {} })
    const exchange = await open(shortened, { cookie: browser.cookieHeader, secure: false })
    assert.equal(exchange?.session.isNew, true)
    assert.equal(await browser.text('/'), '[]')
  })

  test('a session that expired opens nothing', async (context) => {
    const { browser, clock } = await openStage(context, { '/begin': begin })
    await browser.request('/begin')
    clock.advance('24h')
    assert.equal(await browser.text('/'), '[]')
  })
})
