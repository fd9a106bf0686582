// Login and logout, as the browser sees them. The token changes at each login; otherwise a token
// planted beforehand would be logged in along with its victim (session fixation, CWE-384). It opens
// nothing after a logout (CWE-613), and no late response may restore an old cookie.
//
// To pass: set the headers of each `conclude` on the response they belong to; nothing else is needed. An
// adapter that fails here usually shares state between requests.

import assert from 'node:assert/strict'
import { hashSecret } from '../../id/hash.ts'
import type { AdapterScenario } from '../adapter-scenario.ts'
import { login, logout, setTheme, showTheme, showUser } from './common-routes.ts'
import { scenario } from './scenario-server.ts'
import type { SessionRoute } from './scenario-server.ts'
import { createGate } from './waiting.ts'

const routes = {
  '/set': setTheme,
  '/theme': showTheme,
  '/user': showUser,
  '/login': login,
  '/logout': logout,
}
const cookieName = 'session_id'

/** Responds with the hash of the token: a token must never be in a body, not even here. */
const loginAndShowHash: SessionRoute = (session, reply) => {
  session().login('u_1')
  reply.header('Set-Cookie', 'first=1')
  reply.header('Set-Cookie', 'second=2')
  reply.send(hashSecret(session().id))
}

/** A logout and the first value of the next session in one response, which must send one cookie. */
const logoutAndBegin: SessionRoute = (session, reply) => {
  session().logout()
  session().set('theme', 'light')
  reply.redirect('/theme')
}

/** Scenarios about login and logout. */
export const identityScenarios: readonly AdapterScenario[] = [
  // Catches an adapter that sends the cookie only for new sessions. Without a new token at login, an
  // attacker who planted the old one would be logged in (CWE-384).
  scenario('replaces the token at login, and the old one opens no session', async ({ open }) => {
    const { browser } = await open(routes)
    await browser.request('/set')
    const before = browser.cookieHeader
    await browser.request('/login')
    assert.notEqual(browser.cookieHeader, before, 'the token is still the old one')
    assert.equal(await browser.text('/user'), 'u_1')
    assert.equal(await browser.text('/theme'), 'dark', 'what was set before the login')
    const stale = await browser.requestWith(before, '/user')
    assert.equal(await stale.text(), 'nobody', 'whom the old token opens for')
    assert.deepEqual(stale.headers.getSetCookie(), [], 'cookies in answer to the old token')
  }),

  // Catches a Set-Cookie that replaces the handler's own, and a token that changes between the handler
  // and the response headers.
  scenario('sends the token that the handler saw, along with the handler’s own cookies', async ({ open }) => {
    const { browser } = await open({ '/login': loginAndShowHash })
    const seen = await browser.text('/login')
    assert.equal(hashSecret(browser.cookies.get(cookieName) ?? 'no cookie'), seen)
    assert.deepEqual([...browser.cookies.keys()].toSorted(), ['first', 'second', cookieName])
  }),

  // Catches an adapter that drops a Set-Cookie with an empty value, and one that keeps the row.
  // Promise: logout is final.
  scenario('clears the cookie and removes the session at logout', async ({ open }) => {
    const { browser, store } = await open(routes)
    await browser.request('/login')
    const before = browser.cookieHeader
    const response = await browser.request('/logout')
    assert.equal(response.headers.getSetCookie().length, 1, 'cookies of the logout')
    assert.equal(response.headers.get('cache-control'), 'private, no-store')
    assert.equal(browser.cookies.has(cookieName), false, 'the browser still has the cookie')
    assert.equal(store.rows.size, 0, 'sessions after the logout')
    const stale = await browser.requestWith(before, '/user')
    assert.equal(await stale.text(), 'nobody', 'whom the old token opens for')
  }),

  // Catches two Set-Cookie lines for one name, which a server should not send (RFC 6265, section
  // 4.1.1): a browser keeps the last, a test client perhaps the first.
  scenario('starts a new session with values set after a logout', async ({ open }) => {
    const { browser } = await open({ ...routes, '/leave': logoutAndBegin })
    await browser.request('/login')
    const before = browser.cookieHeader
    const left = await browser.request('/leave')
    assert.equal(left.headers.getSetCookie().length, 1, 'cookies of the logout')
    assert.notEqual(browser.cookieHeader, before, 'the token is still the old one')
    assert.equal(await browser.text('/theme'), 'light')
    assert.equal(await browser.text('/user'), 'nobody')
  }),

  // Catches a session in a module variable, or on a connection that requests share.
  scenario('keeps two browsers apart', async ({ open }) => {
    const { browser } = await open(routes)
    const other = browser.another()
    await browser.request('/set')
    await other.request('/login')
    assert.deepEqual([await browser.text('/theme'), await browser.text('/user')], ['dark', 'nobody'])
    assert.deepEqual([await other.text('/theme'), await other.text('/user')], ['undefined', 'u_1'])
  }),

  ...(['/logout', '/login'] as const).map((path) =>
    // Catches a cookie or a row that a slow request restores after the user has left, and a page that claims
    // that its changes were saved. Promises: logout is final, saved before sent.
    scenario(`lets no request that began before a ${path.slice(1)} undo it`, async ({ open }) => {
      const [begun, released] = [createGate(), createGate()]
      const writeLate: SessionRoute = async (session, reply) => {
        session().set('theme', 'before')
        begun.open()
        await released.opened
        session().set('theme', 'late')
        reply.send('late')
      }
      const { browser, store } = await open({ ...routes, '/late': writeLate })
      await browser.request('/set')
      const late = browser.request('/late')
      // The second promise settles first if a faulty adapter responds without running the handler.
      await Promise.race([begun.opened, late])
      await browser.request(path)
      const after = browser.cookieHeader
      // Only now does the first request continue, with the token it presented before the login or logout.
      released.open()
      const answer = await late
      assert.equal(answer.status, 409, 'the status of a response whose changes were dropped')
      assert.notEqual(await answer.text(), 'late', 'its body')
      assert.deepEqual(answer.headers.getSetCookie(), [], 'cookies of the late answer')
      assert.equal(browser.cookieHeader, after, 'the cookie that the browser holds')
      // Both values of the late request are dropped, even though one was set before the login or logout.
      const expected = path === '/login' ? ['dark', 1] : ['undefined', 0]
      assert.deepEqual(
        [await browser.text('/theme'), store.rows.size],
        expected,
        'the value, and how many sessions',
      )
    }),
  ),
]
