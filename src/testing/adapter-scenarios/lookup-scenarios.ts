// How a handler comes to its session: by the manager, by `getSession`, and without any request at
// hand. Frameworks wrap and copy their request objects, which is where a session gets lost.
//
// To pass: bind the object that handlers get, run them inside `run`, ask `skips` first, and ask
// `serves` so that a middleware that is added twice works once.

import assert from 'node:assert/strict'
import { currentSession } from '../../context.ts'
import { getSession } from '../../manager/bindings.ts'
import { createSessionManager } from '../../manager/create-session-manager.ts'
import type { AdapterScenario, Reply, Route } from '../adapter-scenario.ts'
import { showPublic, showTheme } from './common-routes.ts'
import { scenario } from './stage.ts'
import type { Loose } from './stage.ts'

/** Answers with what `look` gives, or with what it throws. */
const tell =
  (look: (context: object) => unknown): Route =>
  (context, reply: Reply) => {
    try {
      reply.send(String(look(context)))
    } catch (error) {
      reply.send(String(error))
    }
  }

/** How a handler comes to its session. */
export const lookupScenarios: readonly AdapterScenario[] = [
  // Finds an adapter that binds a wrapper which handlers never see, and one that does not run them as
  // `run` asks.
  scenario('gives one and the same session by every way', async ({ start }) => {
    const sessions = createSessionManager<Loose>({ context: true })
    const compare: Route = async (context, reply) => {
      const own = sessions.get(context)
      assert.equal(getSession(context), own)
      assert.equal(currentSession(), own)
      await new Promise((resolve) => void setTimeout(resolve, 0))
      assert.equal(currentSession(), own)
      reply.send('the same')
    }
    const browser = await start([sessions], { '/same': compare })
    assert.equal(await browser.text('/same'), 'the same')
  }),

  // Finds `undefined` in the place of an error: it would surface far away, as a property of nothing.
  scenario('says what to add where no middleware serves', async ({ start }) => {
    const sessions = createSessionManager<Loose>()
    const routes = { '/any': tell(getSession), '/own': tell((context) => sessions.get(context)) }
    const browser = await start([], routes)
    assert.match(await browser.text('/any'), /^SessionStateError: no session on this request: add/)
    assert.match(await browser.text('/own'), /^SessionStateError: this session manager does not serve/)
  }),

  // Finds an adapter that asks `skip` after the load, or with a path that a router has cut.
  scenario('exempts what skip names', async ({ open }) => {
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

  // Finds one slot for the session of a request: the second manager would take the first one's place.
  scenario(
    'serves one request with two managers, each with a cookie and a session of its own',
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
        '/any': tell(getSession),
      }
      const browser = await start([shop, admin], routes)
      assert.equal((await browser.request('/enter')).headers.getSetCookie().length, 2, 'cookies')
      assert.deepEqual([...browser.cookies.keys()].toSorted(), ['admin', 'shop'])
      assert.equal(await browser.text('/users'), 'u_1 u_2')
      assert.match(await browser.text('/any'), /^SessionStateError: two session managers/)
      await browser.request('/leave')
      assert.deepEqual([...browser.cookies.keys()], ['shop'], 'cookies after one logout')
      assert.equal(await browser.text('/users'), 'u_1 undefined')
    },
    'several managers',
  ),
]
