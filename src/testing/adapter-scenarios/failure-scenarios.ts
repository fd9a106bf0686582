// A handler may fail, and a store may be down. In neither case may the response claim what did not
// happen: a failed handler leaves the session as it was, and a session that could not be saved turns
// the response into an error, whatever the handler has written. Adapters get this wrong where a
// framework handles errors in a layer that the adapter does not see.
//
// To pass: conclude where the final status is known, which is after the framework's own error handling,
// and clear the headers before responding to a failure. Pass `hasFailed` if an exception can result in
// a status below 500.

import assert from 'node:assert/strict'
import type { AdapterScenario } from '../adapter-scenario.ts'
import { login, logout, setTheme, showPublic, showTheme } from './common-routes.ts'
import { scenario } from './scenario-server.ts'
import type { SessionRoute } from './scenario-server.ts'

const routes = { '/set': setTheme, '/theme': showTheme, '/public': showPublic, '/logout': logout }

/** The change that must be dropped. */
const setLight: SessionRoute = (session) => session().set('theme', 'light')

/** The three ways in which a handler can fail: by its status, by an exception, by a rejection. */
const failing: Record<string, SessionRoute> = {
  '/answers': (session, reply) => {
    setLight(session, reply)
    reply.status(500)
    reply.send('failed')
  },
  '/throws': (session, reply) => {
    setLight(session, reply)
    throw new Error('the handler fails')
  },
  '/rejects': async (session, reply) => {
    setLight(session, reply)
    await Promise.resolve()
    throw new Error('the handler fails')
  },
}

/** Sets one value per status, so that the names that are left show which changes were saved. */
const change =
  (status: number): SessionRoute =>
  (session, reply) => {
    session().set(`at ${status}`, true)
    reply.status(status)
    reply.send(`status ${status}`)
  }

/** Responds with the names of all values. */
const showNames: SessionRoute = (session, reply) => reply.send(session().keys().join(', '))

/** A logout, then an exception. */
const logoutAndFail: SessionRoute = (session) => {
  session().logout()
  throw new Error('the handler fails')
}

/** A response with headers that must not be sent when the save fails. */
const setHeaders: SessionRoute = (session, reply) => {
  session().set('theme', 'dark')
  reply.header('X-Handler', 'yes')
  reply.header('Set-Cookie', 'other=1')
  reply.send('saved')
}

/** Scenarios about handlers and stores that fail. */
export const failureScenarios: readonly AdapterScenario[] = [
  // Catches an adapter that concludes before the framework has turned an exception into a status. A
  // handler that fails halfway must not leave half of its changes behind.
  scenario('drops the changes of a handler that throws or answers with 500', async ({ open }) => {
    const { browser } = await open({ ...routes, ...failing })
    // First as a visitor, who must not get a session, then with a session, which must stay unchanged.
    for (const path of Object.keys(failing)) {
      const visitor = await browser.request(path)
      assert.equal(visitor.status, 500, path)
      assert.deepEqual(visitor.headers.getSetCookie(), [], path)
    }
    await browser.request('/set')
    for (const path of Object.keys(failing)) {
      assert.equal((await browser.request(path)).status, 500, path)
      assert.equal(await browser.text('/theme'), 'dark', path)
    }
  }),

  // Catches an adapter that treats every error status as a failure: a form rejected with 422 keeps its
  // draft. Only 5xx means that the server failed (RFC 9110, section 15.6).
  scenario('keeps changes below status 500 and drops them from 500 on', async ({ open }) => {
    const statuses = [201, 400, 404, 422, 499, 500, 501, 503, 599]
    const changes = Object.fromEntries(statuses.map((status) => [`/${status}`, change(status)]))
    const { browser } = await open({ '/set': setTheme, '/names': showNames, ...changes })
    await browser.request('/set')
    for (const status of statuses) assert.equal((await browser.request(`/${status}`)).status, status)
    assert.equal(await browser.text('/names'), 'theme, at 201, at 400, at 404, at 422, at 499')
  }),

  // Catches an adapter that does not conclude after an exception. Promise: logout is final, even when
  // the page that confirms it fails.
  scenario('ends the session when a handler fails after a logout', async ({ open }) => {
    const { browser, store } = await open({ '/login': login, '/leave': logoutAndFail })
    await browser.request('/login')
    assert.equal(store.rows.size, 1, 'sessions after the login')
    assert.equal((await browser.request('/leave')).status, 500)
    assert.equal(store.rows.size, 0, 'sessions after the logout')
  }),

  // Catches headers or a body of the handler in the response to a failed save: a redirect would claim
  // that it worked. Promise: saved before sent.
  scenario(
    'answers 503 without the handler’s headers or body when the session cannot be saved',
    async ({ open }) => {
      const { browser, store } = await open({ ...routes, '/headers': setHeaders })
      store.isBroken = true
      for (const path of ['/headers', '/set']) {
        const response = await browser.request(path)
        assert.equal(response.status, 503, path)
        assert.equal(response.headers.get('x-handler'), null, `the handler’s own header at ${path}`)
        assert.equal(response.headers.get('location'), null, `Location at ${path}`)
        assert.deepEqual(response.headers.getSetCookie(), [], `cookies of ${path}`)
        assert.doesNotMatch(await response.text(), /saved$/, `the handler’s body at ${path}`)
      }
      store.isBroken = false
      assert.equal((await browser.request('/set')).status, 302, 'when the store works again')
    },
  ),

  // Catches an adapter that mistakes a store failure for a visitor without a session: a short outage
  // would log everybody out.
  scenario(
    'answers 503 when a handler uses a session that could not be read, and logs nobody out',
    async ({ open }) => {
      const { browser, store } = await open(routes)
      await browser.request('/set')
      const before = browser.cookieHeader
      store.isBroken = true
      // The browser must keep its cookie: the session still exists once the store has recovered.
      assert.equal((await browser.request('/theme')).status, 503, 'where a value is read')
      assert.equal((await browser.request('/logout')).status, 503, 'at a logout')
      store.isBroken = false
      assert.equal(browser.cookieHeader, before, 'the cookie that the browser holds')
      assert.equal(await browser.text('/theme'), 'dark', 'when the store works again')
    },
  ),

  // Catches an adapter that does not tell the manager which request it is, and one that lets a cache keep
  // the page: it would be shown to the user, signed out, after the outage.
  scenario('shows a page to a visitor where onStoreFailure says so', async ({ open }) => {
    const { browser, store } = await open(routes, {
      onStoreFailure: ({ method, path }) => (method === 'GET' && path !== '/logout' ? 'visitor' : 'error'),
    })
    await browser.request('/set')
    const before = browser.cookieHeader
    store.isBroken = true
    const page = await browser.request('/theme')
    assert.equal(page.status, 200)
    assert.equal(await page.text(), 'undefined', 'what a visitor sees')
    assert.equal(page.headers.get('cache-control'), 'private, no-store')
    assert.match(page.headers.get('vary') ?? '', /cookie/i)
    assert.equal((await browser.request('/theme', { method: 'POST' })).status, 503, 'another method')
    assert.equal((await browser.request('/logout')).status, 503, 'another path')
    assert.equal((await browser.request('/set')).status, 503, 'a change')
    store.isBroken = false
    assert.equal(browser.cookieHeader, before, 'the cookie that the browser holds')
    assert.equal(await browser.text('/theme'), 'dark', 'when the store works again')
  }),

  // Catches an adapter that fails every request when the store is down, including static files.
  scenario('serves pages that use no session while the store is down', async ({ open }) => {
    const { browser, store } = await open(routes)
    await browser.request('/set')
    store.isBroken = true
    const response = await browser.request('/public')
    assert.equal(response.status, 200)
    assert.equal(await response.text(), 'no session needed')
    assert.deepEqual(response.headers.getSetCookie(), [])
  }),
]
