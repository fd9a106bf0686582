// How a handler finds its session: from the manager, by `getSession`, and by `currentSession` without a
// request object. Frameworks wrap and copy their request objects, and a session bound to the wrong one
// is lost.
//
// To pass: give `open` the framework's own request as `raw`, go on without a session where it gives no exchange,
// `bind` each object that handlers receive, and run them inside `run`. Where `bind` returns false, as for a
// middleware that was added twice, only go on: the first one concludes.

import assert from 'node:assert/strict'
import { createSessionManager } from '../../manager/create-session-manager.ts'
import { getSession } from '../../manager/request/bindings.ts'
import { currentSession } from '../../session/current-session.ts'
import type { AdapterScenario, Reply, Route } from '../adapter-scenario.ts'
import { showPublic, showTheme } from './common-routes.ts'
import { scenario } from './scenario-server.ts'
import type { Loose } from './scenario-server.ts'

/** Responds with what `look` returns, or with what it throws. */
const respondWith =
  (look: (context: object) => unknown): Route =>
  (context, reply: Reply) => {
    try {
      reply.send(String(look(context)))
    } catch (error) {
      reply.send(String(error))
    }
  }

/** Scenarios about how handlers find their session. */
export const lookupScenarios: readonly AdapterScenario[] = [
  // Catches an adapter that binds a wrapper which handlers never see, and one that does not call them
  // inside `run`. Two session objects for one request would overwrite each other's changes.
  scenario('returns the same session from every lookup', async ({ start }) => {
    const sessions = createSessionManager<Loose>({ context: true })
    const compare: Route = async (context, reply) => {
      const own = sessions.get(context)
      assert.equal(getSession(context), own)
      assert.equal(currentSession(), own)
      // The context must survive an await.
      await new Promise((resolve) => void setTimeout(resolve, 0))
      assert.equal(currentSession(), own)
      reply.send('the same')
    }
    const browser = await start([sessions], { '/same': compare })
    assert.equal(await browser.text('/same'), 'the same')
  }),

  // Catches `undefined` instead of an error: it would surface far away, as a property read on
  // undefined.
  scenario('explains what to add when the middleware is missing', async ({ start }) => {
    const sessions = createSessionManager<Loose>()
    const routes = {
      '/any': respondWith(getSession),
      '/own': respondWith((context) => sessions.get(context)),
    }
    const browser = await start([], routes)
    assert.match(await browser.text('/any'), /^SessionStateError: no session on this request: add/)
    assert.match(await browser.text('/own'), /^SessionStateError: this session manager does not serve/)
  }),

  // Catches an adapter that calls `skip` after the load, or with a path that a router has shortened.
  scenario('leaves out the requests that skip selects', async ({ open }) => {
    const { browser, store } = await open(
      { '/public': showPublic, '/theme': showTheme },
      { eager: true, skip: ({ method, path }) => method === 'GET' && path === '/public' },
    )
    assert.deepEqual((await browser.request('/public')).headers.getSetCookie(), [], 'what is skipped')
    assert.equal(store.calls, 0, 'store calls of what is skipped')
    for (const [path, method] of [
      ['/theme', 'GET'],
      ['/public', 'POST'],
    ] as const) {
      const response = await browser.another().request(path, { method })
      assert.equal(response.headers.getSetCookie().length, 1, `${method} ${path} is not skipped`)
    }
  }),

  // Catches a single slot for the session of a request: the second manager would replace the first.
  scenario(
    'serves one request with two managers, each with its own cookie and session',
    async ({ start }) => {
      const shop = createSessionManager<Loose>({ cookie: { name: 'shop' } })
      const admin = createSessionManager<Loose>({ cookie: { name: 'admin' } })
      const routes: Record<string, Route> = {
        '/enter': (context, reply) => {
          shop.get(context).login('u_1')
          admin.get(context).login('u_2')
          reply.send('welcome')
        },
        '/leave': (context, reply) => {
          admin.get(context).logout()
          reply.send('bye')
        },
        '/users': (context, reply) => reply.send(`${shop.get(context).userId} ${admin.get(context).userId}`),
        '/any': respondWith(getSession),
      }
      const browser = await start([shop, admin], routes)
      assert.equal((await browser.request('/enter')).headers.getSetCookie().length, 2, 'cookies')
      assert.deepEqual([...browser.cookies.keys()].toSorted(), ['admin', 'shop'])
      assert.equal(await browser.text('/users'), 'u_1 u_2')
      // `getSession` cannot know which of the two is meant.
      assert.match(await browser.text('/any'), /^SessionStateError: two session managers/)
      await browser.request('/leave')
      assert.deepEqual([...browser.cookies.keys()], ['shop'], 'cookies after one logout')
      assert.equal(await browser.text('/users'), 'u_1 undefined')
    },
    'several managers',
  ),
]
