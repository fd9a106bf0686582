// What stands in the head: the cookie with its attributes, and what keeps a shared cache from
// giving one visitor's page to another (CVE-2023-30861, CVE-2025-48947). Also how the Cookie header
// is read: between the socket and the manager no framework may decode, cut, fold or reorder it.
//
// To pass: take the Cookie header as one raw text and write the lines of `commit` as they are:
// append Set-Cookie, replace Cache-Control, add to Vary.

import assert from 'node:assert/strict'
import type { AdapterScenario } from '../adapter-scenario.ts'
import { setTheme, showPublic, showTheme } from './common-routes.ts'
import { scenario } from './stage.ts'
import type { SessionRoute } from './stage.ts'

/** A route that sets a header of its own first, for the adapter to respect or to overrule. */
const withHeader =
  (name: string, value: string, route: SessionRoute): SessionRoute =>
  (session, reply) => {
    reply.header(name, value)
    return route(session, reply)
  }

/** Which headers an answer has. */
export const headerScenarios: readonly AdapterScenario[] = [
  // Finds a framework's own cookie functions at work: they encode, add and leave out attributes by
  // their own defaults.
  scenario('sets a cookie that scripts and other sites do not get', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme })
    const [line = ''] = (await browser.request('/set')).headers.getSetCookie()
    const [pair = '', ...attributes] = line.split('; ')
    assert.match(pair, /^session_id=[0-9a-f]{64}$/)
    assert.deepEqual(attributes.toSorted(), ['HttpOnly', 'Max-Age=86400', 'Path=/', 'SameSite=Lax'])
  }),

  // Finds an adapter that leaves out what the manager says about caches.
  scenario('lets no cache keep an answer that carries the cookie', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme })
    const { headers } = await browser.request('/set')
    assert.equal(headers.get('cache-control'), 'private, no-store')
    assert.match(headers.get('vary') ?? '', /\bCookie\b/)
  }),

  // Finds a Vary that replaces the handler's, and one that is sent with the cookie only: the page
  // without a session is cached, too.
  scenario('adds Vary to what looked at the session or at its absence', async ({ open }) => {
    const varied = withHeader('Vary', 'Accept', showTheme)
    const { browser } = await open({ '/set': setTheme, '/theme': showTheme, '/varied': varied })
    assert.match((await browser.request('/theme')).headers.get('vary') ?? '', /\bCookie\b/)
    await browser.request('/set')
    const { headers } = await browser.request('/varied')
    assert.match(headers.get('vary') ?? '', /\bCookie\b/)
    assert.match(headers.get('vary') ?? '', /\bAccept\b/)
    assert.equal(headers.get('cache-control'), null)
  }),

  // Finds an adapter that looks at every session itself: no page of the site could be cached.
  scenario('leaves an answer that looked at no session as it is', async ({ open }) => {
    const cached = withHeader('Cache-Control', 'public, max-age=60', showPublic)
    const { browser } = await open({ '/set': setTheme, '/public': showPublic, '/cached': cached })
    await browser.request('/set')
    const response = await browser.request('/public')
    assert.equal(await response.text(), 'no session needed')
    assert.equal(response.headers.get('cache-control'), null)
    assert.doesNotMatch(response.headers.get('vary') ?? '', /Cookie/)
    assert.equal((await browser.request('/cached')).headers.get('cache-control'), 'public, max-age=60')
  }),

  // Finds a Cache-Control that stands beside the handler's: two lines, of which a cache may take
  // either.
  scenario('makes private what was marked public', async ({ open }) => {
    const cached = withHeader('Cache-Control', 'public, max-age=60', showTheme)
    const { browser } = await open({ '/cached': cached })
    assert.equal((await browser.request('/cached')).headers.get('cache-control'), 'private, no-store')
  }),

  // Finds a parser that stops at a strange pair or takes the first of two, and an adapter that clears
  // the cookie of a late request.
  scenario('finds its cookie among others, and leaves one alone that opens nothing', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme, '/theme': showTheme })
    await browser.request('/set')
    const own = browser.cookieHeader
    const opened = await browser.requestWith(`before=1; ${own}; after="2"`, '/theme')
    assert.equal(await opened.text(), 'dark', 'between two others')
    const unknown = 'a'.repeat(64)
    for (const cookie of ['session_id=short', `session_id=${unknown}`, `${own}; session_id=${unknown}`]) {
      const response = await browser.requestWith(cookie, '/theme')
      assert.equal(response.status, 200)
      assert.equal(await response.text(), 'undefined', 'what such a cookie opens')
      assert.deepEqual(response.headers.getSetCookie(), [], 'cookies in answer to one that opens nothing')
    }
  }),

  // Finds a length limit that drops the last cookie in silence, which for the user is a logout.
  scenario('reads the Cookie header to its end, past another cookie of 4 kB', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme, '/theme': showTheme })
    await browser.request('/set')
    const response = await browser.requestWith(
      `before=${'x'.repeat(4096)}; ${browser.cookieHeader}`,
      '/theme',
    )
    assert.equal(await response.text(), 'dark')
  }),

  // Finds a decoded header: an encoded `; ` in another cookie would smuggle in a session
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

  // Finds names or values in lower case. Cookie names differ by case (RFC 6265bis, section 5.7).
  scenario('leaves the letters of the Cookie header as they are, great and small', async ({ open }) => {
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

  // Finds an adapter that does not hand over whether the request was secure, or asks the socket behind
  // a proxy.
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
