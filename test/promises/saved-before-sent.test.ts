import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { openStage } from './stage.ts'
import type { Deed } from './stage.ts'

const begin: Deed = (session) => session.set('theme', 'dark')

describe('Saved before sent', () => {
  const ways: readonly [string, Deed][] = [
    ['a redirect', (_session, response) => response.writeHead(302, { Location: '/' }).end()],
    ['a page', (_session, response) => response.end('saved')],
    ['a stream', (_session, response) => Readable.from(['one', 'two']).pipe(response)],
    ['an early head', (_session, response) => (response.flushHeaders(), response.end('saved'))],
  ]
  for (const [what, answer] of ways) {
    test(`no byte of ${what} leaves while the store is still writing`, async (context) => {
      const { browser, newBrowser, store } = await openStage(context, {
        '/begin': begin,
        '/change': (session, response, request) => {
          session.set('theme', 'light')
          return answer(session, response, request)
        },
      })
      await browser.request('/begin')
      store.plan('commit', 'hold')
      let hasArrived = false
      const response = browser.request('/change').finally(() => void (hasArrived = true))
      const commit = await store.held('commit')
      // Two whole requests on other connections: whatever has left by then has arrived.
      for (let turn = 0; turn < 2; turn += 1)
        assert.equal(await newBrowser(browser).text('/'), '[["theme","dark"]]')
      assert.equal(hasArrived, false)
      commit.pass()
      await (await response).text()
      assert.equal(await browser.text('/'), '[["theme","light"]]')
    })
  }

  test('a new session that cannot be stored is answered with 503, without its cookie and the handler’s headers', async (context) => {
    const { browser, store } = await openStage(context, {
      '/begin': (session, response) => {
        session.set('theme', 'dark')
        response.setHeader('X-Handler', 'all is well')
        return response.end('all is well')
      },
    })
    store.always('create', 'refuse')
    const response = await browser.request('/begin')
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('x-handler'), null)
    assert.deepEqual(response.headers.getSetCookie(), [])
    assert.doesNotMatch(await response.text(), /all is well/)
  })

  test('a logout that the store refused is not answered as done, and the cookie stays', async (context) => {
    const { browser, store } = await openStage(context, {
      '/begin': begin,
      '/logout': (session) => session.logout(),
    })
    await browser.request('/begin')
    store.plan('delete', 'refuse', 'refuse')
    const response = await browser.request('/logout')
    assert.equal(response.status, 503)
    assert.deepEqual(response.headers.getSetCookie(), [])
    assert.match(await browser.text('/'), /dark/)
  })

  test('a handler that catches the failure of save() cannot answer as if all were well', async (context) => {
    const { browser, store } = await openStage(context, {
      '/begin': begin,
      '/change': async (session, response) => {
        session.set('theme', 'light')
        await session.save().catch(() => {})
        return response.end('all is well')
      },
    })
    await browser.request('/begin')
    store.always('commit', 'refuse')
    assert.equal((await browser.request('/change')).status, 503)
  })

  test('a value edited where it lies, which no save would carry, fails the response', async (context) => {
    const { browser } = await openStage(context, {
      '/begin': (session) => session.set('tags', new Set(['new'])),
      '/edit': (session, response) => {
        ;(session.get('tags') as Set<string>).add('old')
        session.set('theme', 'light')
        return response.end('all is well')
      },
    })
    await browser.request('/begin')
    assert.equal((await browser.request('/edit')).status, 500)
  })

  test('a handler that fails leaves the session as it was', async (context) => {
    const { browser } = await openStage(context, {
      '/begin': begin,
      '/fail': (session, response) => {
        session.set('theme', 'half a change')
        response.statusCode = 500
      },
    })
    await browser.request('/begin')
    await browser.request('/fail')
    assert.equal(await browser.text('/'), '[["theme","dark"]]')
  })
})
