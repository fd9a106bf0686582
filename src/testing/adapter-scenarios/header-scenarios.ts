// The response headers: the cookie with its attributes, and what stops a shared cache from serving one
// visitor's page to another (CVE-2023-30861, CVE-2025-48947). Also how the Cookie header is read: no
// framework between the socket and the manager may decode, truncate, case-fold or reorder it.
//
// To pass: pass on the Cookie header as one raw string, and call `applyHeaders` last, when the handler and
// every other middleware have set theirs. It appends the cookies as `conclude` has given them.

import assert from 'node:assert/strict'
import type { AdapterScenario } from '../adapter-scenario.ts'
import { setTheme, showPublic, showTheme } from './common-routes.ts'
import { scenario } from './scenario-server.ts'
import type { SessionRoute } from './scenario-server.ts'

/** Adds a header to a route, for the adapter to keep or to replace. */
const withHeader =
  (name: string, value: string, route: SessionRoute): SessionRoute =>
  (session, reply) => {
    reply.header(name, value)
    return route(session, reply)
  }

/** Headers for one kind of cache, which obeys them instead of Cache-Control (RFC 9213). */
const targeted = ['CDN-Cache-Control', 'Vercel-CDN-Cache-Control', 'Surrogate-Control', 'X-Accel-Expires']

/** Adds all headers of {@link targeted} to a route. */
const withTargeted = (route: SessionRoute): SessionRoute =>
  targeted.reduce((inner, name) => withHeader(name, '600', inner), route)

/** Scenarios about response headers and the Cookie header. */
export const headerScenarios: readonly AdapterScenario[] = [
  // Catches the use of a framework's own cookie functions: they encode values, and add or omit
  // attributes by defaults of their own.
  scenario('sets a cookie that is HttpOnly and SameSite=Lax', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme })
    const [line = ''] = (await browser.request('/set')).headers.getSetCookie()
    const [pair = '', ...attributes] = line.split('; ')
    assert.match(pair, /^session_id=[0-9a-f]{64}$/)
    assert.deepEqual(attributes.toSorted(), ['HttpOnly', 'Max-Age=86400', 'Path=/', 'SameSite=Lax'])
  }),

  // Catches an adapter that drops the manager's cache headers. A shared cache may store Set-Cookie
  // along with the page and hand one visitor's session to the next (RFC 9111, section 7.3).
  scenario('lets no cache store a response that sets the cookie', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme })
    const { headers } = await browser.request('/set')
    assert.equal(headers.get('cache-control'), 'private, no-store')
    assert.match(headers.get('vary') ?? '', /\bCookie\b/)
  }),

  // Catches a Vary that replaces the handler's, and one that is sent only with the cookie: the page
  // served without a session depends on the Cookie header too (RFC 9110, section 12.5.5).
  scenario('adds Vary to a response that used the session or found none', async ({ open }) => {
    const varied = withHeader('Vary', 'Accept', showTheme)
    const { browser } = await open({ '/set': setTheme, '/theme': showTheme, '/varied': varied })
    assert.match((await browser.request('/theme')).headers.get('vary') ?? '', /\bCookie\b/)
    await browser.request('/set')
    const { headers } = await browser.request('/varied')
    assert.match(headers.get('vary') ?? '', /\bCookie\b/)
    assert.match(headers.get('vary') ?? '', /\bAccept\b/)
  }),

  // Catches an adapter that reads every session itself: no page of the site could be cached.
  scenario('leaves a response that used no session unchanged', async ({ open }) => {
    const cached = withHeader('Cache-Control', 'public, max-age=60', showPublic)
    const { browser } = await open({ '/set': setTheme, '/public': showPublic, '/cached': cached })
    await browser.request('/set')
    const response = await browser.request('/public')
    assert.equal(await response.text(), 'no session needed')
    assert.equal(response.headers.get('cache-control'), null)
    assert.doesNotMatch(response.headers.get('vary') ?? '', /Cookie/)
    assert.equal((await browser.request('/cached')).headers.get('cache-control'), 'public, max-age=60')
  }),

  // Catches a second Cache-Control line next to the handler's, since a cache may obey either, and an adapter
  // that calls `applyCaching` before the handler has set its headers.
  scenario('makes a page private that used the session of a cookie', async ({ open }) => {
    const cached = withHeader('Cache-Control', 'public, max-age=60, s-maxage=600', showTheme)
    const { browser } = await open({ '/set': setTheme, '/theme': showTheme, '/cached': cached })
    await browser.request('/set')
    const { headers } = await browser.request('/cached')
    assert.equal(headers.get('cache-control'), 'private, max-age=60')
    // A shared cache may keep even a page that says nothing (RFC 9111, section 4.2.2).
    assert.equal((await browser.request('/theme')).headers.get('cache-control'), 'private')
    const ended = await browser.requestWith(`session_id=${'a'.repeat(64)}`, '/cached')
    assert.equal(ended.headers.get('cache-control'), 'private, max-age=60', 'for a cookie that opens nothing')
  }),

  // Catches an adapter that overrules every page that used the session: no page could be cached for visitors.
  scenario('lets caches share the pages of visitors, apart by Vary', async ({ open }) => {
    const cached = withHeader('Cache-Control', 'public, max-age=60', withTargeted(showTheme))
    const { browser } = await open({ '/cached': cached, '/theme': showTheme })
    const { headers } = await browser.request('/cached')
    assert.equal(headers.get('cache-control'), 'public, max-age=60')
    assert.match(headers.get('vary') ?? '', /\bCookie\b/)
    assert.deepEqual(
      targeted.map((name) => headers.get(name)),
      targeted.map(() => '600'),
    )
    assert.equal((await browser.request('/theme')).headers.get('cache-control'), null)
  }),

  // Catches an adapter that edits Cache-Control alone: a CDN obeys its own header and keeps the page.
  scenario('removes what allows one kind of cache to keep such a page', async ({ open }) => {
    const { browser } = await open({ '/set': withTargeted(setTheme), '/theme': withTargeted(showTheme) })
    for (const path of ['/set', '/theme']) {
      const { headers } = await browser.request(path)
      for (const name of targeted) assert.equal(headers.get(name), null, `${name} of ${path}`)
    }
  }),

  // Catches an adapter that writes the Cache-Control of a cookie itself: compression and proxies obey
  // no-transform, and would hold back a stream of events without it.
  scenario('keeps no-transform beside the cookie', async ({ open }) => {
    const { browser } = await open({ '/set': withHeader('Cache-Control', 'public, no-transform', setTheme) })
    const { headers } = await browser.request('/set')
    assert.equal(headers.get('cache-control'), 'private, no-store, no-transform')
  }),

  // Catches an adapter that does not tell `open` the method and path, or tells others.
  scenario('leaves Cache-Control to the handler where the option caching says so', async ({ open }) => {
    const cached = withHeader('Cache-Control', 'public, max-age=60', showTheme)
    const { browser } = await open(
      { '/set': setTheme, '/shared': cached, '/own': cached },
      { caching: ({ method, path }) => (method === 'GET' && path === '/shared' ? 'vary' : 'private') },
    )
    await browser.request('/set')
    const { headers } = await browser.request('/shared')
    assert.equal(headers.get('cache-control'), 'public, max-age=60')
    assert.match(headers.get('vary') ?? '', /\bCookie\b/)
    assert.equal((await browser.request('/own')).headers.get('cache-control'), 'private, max-age=60')
  }),

  // Catches a parser that stops at an unusual pair, or at the first or last of several cookies of one name, and an
  // adapter that clears the cookie on a late request: the browser may hold a newer one by then.
  scenario(
    'finds its cookie among others, and does not clear one that opens no session',
    async ({ open }) => {
      const { browser } = await open({ '/set': setTheme, '/theme': showTheme })
      await browser.request('/set')
      const own = browser.cookieHeader
      const opened = await browser.requestWith(`before=1; ${own}; after="2"`, '/theme')
      assert.equal(await opened.text(), 'dark', 'between two others')
      const unknown = `session_id=${'a'.repeat(64)}`
      // A sibling domain can add cookies of the same name: the one that opens a session is served, wherever it stands.
      for (const cookie of [`${own}; ${unknown}`, `session_id=short; ${own}`]) {
        const response = await browser.requestWith(cookie, '/theme')
        assert.equal(await response.text(), 'dark', 'beside one that opens nothing')
        assert.deepEqual(response.headers.getSetCookie(), [], 'cookies in answer to two of one name')
      }
      // Malformed, unknown, and one that opens a session each: nobody can tell which of the two is genuine.
      const other = browser.another()
      await other.request('/set')
      for (const cookie of ['session_id=short', unknown, `${own}; ${other.cookieHeader}`]) {
        const response = await browser.requestWith(cookie, '/theme')
        assert.equal(response.status, 200)
        assert.equal(await response.text(), 'undefined', 'what such a cookie opens')
        assert.deepEqual(response.headers.getSetCookie(), [], 'cookies in answer to one that opens nothing')
      }
    },
  ),

  // Catches a length limit that silently drops the last cookie, which logs the user out.
  scenario('reads the whole Cookie header, past another cookie of 4 kB', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme, '/theme': showTheme })
    await browser.request('/set')
    const response = await browser.requestWith(
      `before=${'x'.repeat(4096)}; ${browser.cookieHeader}`,
      '/theme',
    )
    assert.equal(await response.text(), 'dark')
  }),

  // Catches a decoded header: an encoded `; ` inside another cookie would inject a session cookie
  // (CVE-2020-8184).
  scenario('decodes nothing in the Cookie header', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme, '/theme': showTheme })
    await browser.request('/set')
    const [name = '', token = ''] = browser.cookieHeader.split('=')
    const beside = `other=1%3B%20${name}%3D${'a'.repeat(64)}; ${name}=${token}`
    assert.equal(await (await browser.requestWith(beside, '/theme')).text(), 'dark', 'beside an encoded pair')
    const encoded = `${name}=%${token.charCodeAt(0).toString(16)}${token.slice(1)}`
    assert.equal(await (await browser.requestWith(encoded, '/theme')).text(), 'undefined', 'an encoded token')
  }),

  // Catches names or values converted to lower case. Cookie names are case-sensitive (RFC 6265bis,
  // section 5.7).
  scenario('preserves the case of the Cookie header', async ({ open }) => {
    const routes = { '/set': setTheme, '/theme': showTheme }
    const { browser } = await open(routes, { cookie: { name: 'Session_ID' } })
    await browser.request('/set')
    assert.equal(await browser.text('/theme'), 'dark')
    const [, token = ''] = browser.cookieHeader.split('=')
    for (const cookie of [`session_id=${token}`, `Session_ID=${token.toUpperCase()}`]) {
      const response = await browser.requestWith(cookie, '/theme')
      assert.equal(await response.text(), 'undefined', 'other letters open nothing')
    }
  }),

  // Catches an adapter that does not report whether the request was secure, or asks the socket when
  // there is a proxy in front of it.
  scenario(
    'marks the cookie Secure on https',
    async ({ open, secureHeaders }) => {
      const { browser } = await open({ '/set': setTheme })
      const [line = ''] = (await browser.request('/set', { headers: secureHeaders })).headers.getSetCookie()
      assert.ok(line.split('; ').includes('Secure'), 'the cookie has the attribute Secure')
    },
    'https',
  ),
]
