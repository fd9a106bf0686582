// Saved before sent: once a browser has a response, what that response says is in the store. Redirects
// show it best, because the next request may reach the server before the first has finished.
//
// To pass: find the framework's last hook before the response headers are sent, and wait there for
// `conclude`. Where there is none, as on bare node, the headers must be held back: src/adapters/node/
// shows how.

import assert from 'node:assert/strict'
import { createSessionManager } from '../../manager/create-session-manager.ts'
import type { AdapterScenario, Routes } from '../adapter-scenario.ts'
import { wrapExchanges } from '../wrap-exchanges.ts'
import { logout, setTheme, showPublic, showTheme } from './common-routes.ts'
import { requestWhileStoreWaits, scenario } from './scenario-server.ts'
import type { Loose, SessionRoute } from './scenario-server.ts'
import { createGate, waitUntil } from './waiting.ts'

/** A change to a stored session, with a response body. */
const changeTheme: SessionRoute = (session, reply) => {
  session().set('theme', 'light')
  reply.send('saved')
}

/** A change in a later turn of the event loop, after the handler's function has returned. */
const waitAndSet: SessionRoute = async (session, reply) => {
  await new Promise((resolve) => void setTimeout(resolve, 0))
  setTheme(session, reply)
}

/** Scenarios about saving before the response is sent. */
export const savingScenarios: readonly AdapterScenario[] = [
  // Catches the oldest fault of session middleware: the page after the login does not see the login.
  scenario('saves before a redirect is sent, and sets the cookie once', async ({ open }) => {
    const { browser } = await open({ '/set': setTheme, '/theme': showTheme })
    const response = await browser.request('/set')
    assert.equal(response.status, 302)
    assert.equal(response.headers.get('location'), '/theme')
    assert.equal(response.headers.getSetCookie().length, 1, 'cookies of the redirect')
    const next = await browser.request('/theme')
    assert.equal(await next.text(), 'dark', 'what the next page finds')
    assert.deepEqual(next.headers.getSetCookie(), [], 'cookies of a page that changes nothing')
  }),

  // Catches the same without depending on timing: the store delays its answer, and no byte of the
  // response may arrive.
  scenario('sends nothing before the store has answered', async ({ open }) => {
    const routes = { '/set': setTheme, '/change': changeTheme, '/logout': logout, '/public': showPublic }
    const site = await open(routes)
    // A create, a commit and a delete, each with a different kind of response.
    assert.equal((await requestWhileStoreWaits(site, '/set')).status, 302)
    assert.equal(await (await requestWhileStoreWaits(site, '/change')).text(), 'saved')
    assert.equal(await (await requestWhileStoreWaits(site, '/logout')).text(), 'bye')
  }),

  // Catches an adapter that concludes when the handler function returns, without waiting for its promise.
  scenario('saves changes that a handler makes after an await', async ({ open }) => {
    const { browser } = await open({ '/set': waitAndSet, '/theme': showTheme })
    assert.equal((await browser.request('/set')).status, 302)
    assert.equal(await browser.text('/theme'), 'dark')
  }),

  // Catches an adapter that ignores `onLateChange`, or calls `finish` only once. Background work that
  // outlives the response may still use the session.
  scenario('saves each change made after the response', async ({ open }) => {
    const gates = { first: createGate(), second: createGate() }
    const answerAndGoOn: SessionRoute = (session, reply) => {
      const own = session()
      const goOn = async (): Promise<void> => {
        for (const [name, { opened }] of Object.entries(gates)) {
          await opened
          own.set('theme', name)
        }
      }
      // A change that throws is not saved, and the assertion below fails.
      goOn().catch(() => {})
      reply.send('answered')
    }
    const { browser } = await open({ '/set': setTheme, '/go-on': answerAndGoOn, '/theme': showTheme })
    await browser.request('/set')
    assert.equal(await browser.text('/go-on'), 'answered')
    for (const [name, { open: goOn }] of Object.entries(gates)) {
      goOn()
      await waitUntil(`the ${name} change is saved`, async () => (await browser.text('/theme')) === name)
    }
  }),

  // Catches a hook that runs per route or per middleware: what came after the first conclusion would be saved late.
  scenario('opens and concludes each request once', async ({ start }) => {
    // An adapter calls either `open` and `conclude` or `handle`, which does both.
    const sessions = createSessionManager<Loose>()
    const calls: string[] = []
    const observed: typeof sessions = {
      ...wrapExchanges(sessions, (exchange) => {
        calls.push('open')
        return { conclude: (answer) => (calls.push('conclude'), exchange.conclude(answer)) }
      }),
      handle(...given) {
        calls.push('handle')
        return sessions.handle(...given)
      },
    }
    const routes: Routes = {
      '/untouched': (_context, reply) => reply.send('untouched'),
      '/looks': (context, reply) => reply.send(`${sessions.get(context).userId}`),
      '/redirects': (context, reply) => setTheme(() => sessions.get(context), reply),
      '/throws': () => {
        throw new Error('the handler fails')
      },
    }
    const browser = await start([observed], routes)
    for (const path of Object.keys(routes)) {
      calls.length = 0
      await browser.text(path)
      assert.match(calls.join(', '), /^(?:open, conclude|handle)$/, path)
    }
  }),

  // Catches an adapter that writes to the session itself: every crawler would leave a row behind.
  scenario('sends no cookie and makes no store call for a visitor without data', async ({ open }) => {
    const { browser, store } = await open({ '/theme': showTheme, '/public': showPublic })
    for (const path of ['/theme', '/public']) {
      const response = await browser.request(path)
      assert.equal(response.status, 200, path)
      assert.deepEqual(response.headers.getSetCookie(), [], `cookies of ${path}`)
    }
    assert.equal(store.calls, 0, 'store calls')
  }),

  // Catches an adapter that sets the manager's headers only after a change.
  scenario('gives every visitor a session when eager is set', async ({ open }) => {
    const { browser, store } = await open({ '/public': showPublic }, { eager: true })
    assert.equal((await browser.request('/public')).headers.getSetCookie().length, 1, 'cookies at first')
    assert.deepEqual((await browser.request('/public')).headers.getSetCookie(), [], 'cookies later')
    assert.equal(store.rows.size, 1, 'sessions')
  }),
]
