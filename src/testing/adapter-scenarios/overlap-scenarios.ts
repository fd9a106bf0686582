// Twenty requests of one browser at once, all inside their handlers before the first is answered, as on
// a page with widgets. The store cases prove that no commit is lost; these prove that the adapter gives
// each request a session object of its own, and concludes each one.
//
// To pass: one `open` per request, and no state in the adapter.

import assert from 'node:assert/strict'
import type { AdapterScenario } from '../adapter-scenario.ts'
import type { Browser } from '../browser.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { setTheme } from './common-routes.ts'
import { scenario } from './scenario-server.ts'
import type { SessionRoute } from './scenario-server.ts'
import { createBarrier } from './waiting.ts'
import type { Barrier } from './waiting.ts'

/** Enough to overlap reliably, few enough for a server that limits concurrent requests. */
const count = 20

/** Responds with the number of values. */
const countValues: SessionRoute = (session, reply) => reply.send(String(session().keys().length))

/** Responds with the counter. */
const showVisits: SessionRoute = (session, reply) => reply.send(String(session().get('visits')))

/** Scenarios about overlapping requests of one browser. */
export const overlapScenarios: readonly AdapterScenario[] = [
  // Catches an adapter that shares one session among the requests of a connection, or responds before
  // the save. Promise: no lost writes.
  scenario('keeps the values of all overlapping requests', async ({ open }) => {
    const barrier = createBarrier(count)
    const keep = (index: number): SessionRoute => {
      return async (session, reply) => {
        session().set(`value ${index}`, index)
        // All handlers have loaded the same version of the record before the first one is saved.
        await barrier.arrive()
        reply.send('kept')
      }
    }
    const paths = Array.from({ length: count }, (_, index) => `/keep/${index}`)
    const keeping = Object.fromEntries(paths.map((path, index) => [path, keep(index)]))
    const { browser } = await open({ '/set': setTheme, '/list': countValues, ...keeping })
    await browser.request('/set')
    const answers = await requestTogether(browser, paths, barrier)
    assert.deepEqual(new Set(answers), new Set(['kept']))
    assert.equal(await browser.text('/list'), String(count + 1), 'values that were kept')
  }),

  // Catches an `update` that ran once and whose result was saved, instead of being replayed after a
  // conflict. Promise: no lost writes.
  scenario('counts every overlapping update', async ({ open }) => {
    const barrier = createBarrier(count)
    const visit: SessionRoute = async (session, reply) => {
      session().update('visits', (visits = 0) => Number(visits) + 1)
      await barrier.arrive()
      reply.send('counted')
    }
    const { browser } = await open({ '/set': setTheme, '/visit': visit, '/visits': showVisits })
    await browser.request('/set')
    await requestTogether(browser, Array<string>(count).fill('/visit'), barrier)
    assert.equal(await browser.text('/visits'), String(count), 'updates that were counted')
  }),

  // Catches an adapter that runs a handler twice, or hands one request the value that another consumed.
  // A one-time code must not work twice.
  scenario('lets exactly one of the overlapping requests consume a value', async ({ open }) => {
    const barrier = createBarrier(count)
    const consume: SessionRoute = async (session, reply) => {
      // Every request has seen the value before the first one consumes it.
      session().get('theme')
      await barrier.arrive()
      reply.send(String(await session().consume('theme')))
    }
    const { browser } = await open({ '/set': setTheme, '/consume': consume })
    await browser.request('/set')
    const answers = await requestTogether(browser, Array<string>(count).fill('/consume'), barrier)
    const got = answers.filter((answer) => answer === 'dark')
    assert.equal(got.length, 1, 'requests that got the value')
    assert.equal(
      answers.filter((answer) => answer === 'undefined').length,
      count - 1,
      'requests that did not',
    )
  }),
]

/**
 * Resolves to the bodies. A response before all requests are at the barrier is a failure; opening the
 * barrier then releases the others, so that the scenario fails instead of hanging.
 */
function requestTogether(browser: Browser, paths: readonly string[], barrier: Barrier): Promise<string[]> {
  return runConcurrently(paths, (path) => browser.text(path).finally(barrier.open))
}
