import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser } from '../../src/testing/browser.ts'
import { adapterScenarios, scenariosFor } from '../../src/testing.ts'
import type { AdapterScenario, Route, RunningServer, TestedAdapter } from '../../src/testing.ts'
import { adapters } from '../support/adapters.ts'
import { serve } from '../support/serve.ts'

const good = adapters['Connect'] as TestedAdapter
const silent: Route = () => {}
const failing: Route = () => {
  throw new Error('the route fails')
}

/** A correct adapter, except for the given routes. */
function withRoutes(timeout: '50ms' | '3s', faulty: Readonly<Record<string, Route>>): TestedAdapter {
  const start: TestedAdapter['start'] = (managers, routes) => good.start(managers, { ...routes, ...faulty })
  return { ...good, timeout, start }
}

/** A correct adapter whose servers stop and then call `close`. */
function withClose(close: () => Promise<void>): TestedAdapter {
  const start = async (...given: Parameters<TestedAdapter['start']>): Promise<RunningServer> => {
    const server = await good.start(...given)
    const stopAndClose = async (): Promise<void> => {
      await server.close()
      await close()
    }
    return { ...server, close: stopAndClose }
  }
  return { ...good, timeout: '3s', start }
}

function find(name: string): AdapterScenario {
  const found = adapterScenarios.find((scenario) => scenario.name.startsWith(name))
  assert.ok(found, name)
  return found
}

const refuse = (): Promise<never> => Promise.reject(new Error('it cannot be stopped'))
const forever = (): Promise<never> => new Promise(() => {})

describe('a scenario fails instead of hanging', { concurrency: 8 }, () => {
  for (const scenario of scenariosFor(good)) {
    test(`a scenario fails instead of hanging when no request is answered: ${scenario.name}`, async () => {
      const start: TestedAdapter['start'] = async (managers, routes) =>
        good.start(managers, Object.fromEntries(Object.keys(routes).map((path) => [path, silent])))
      await assert.rejects(scenario.run({ ...good, timeout: '50ms', start }), /within 50 ms$/)
    })
  }

  test('a scenario fails instead of hanging when one route is not answered, naming it', async () => {
    const run = find('saves before a redirect').run(withRoutes('3s', { '/set': silent }))
    await assert.rejects(run, /^Error: GET \/set: no answer came within 3000 ms$/)
  })

  test('a scenario fails instead of hanging when a route is not answered while the store is delayed', async () => {
    const run = find('sends nothing before').run(withRoutes('3s', { '/public': silent }))
    await assert.rejects(run, /^Error: GET \/public: no answer came within 3000 ms$/)
  })

  for (const path of ['login', 'logout']) {
    test(`a scenario fails instead of hanging when the handler that should start before a ${path} never runs`, async () => {
      const run = find(`lets no request that began before a ${path}`).run(
        withRoutes('3s', { '/late': failing }),
      )
      await assert.rejects(run, assert.AssertionError)
    })
  }

  test('a scenario fails instead of hanging when a route is not answered while a handler waits', async () => {
    const run = find('lets no request that began before a logout').run(
      withRoutes('3s', { '/logout': silent }),
    )
    await assert.rejects(run, /^Error: GET \/logout: no answer came within 3000 ms$/)
  })

  test('a scenario fails instead of hanging when the server does not start', async () => {
    const run = find('keeps two browsers apart').run({ start: forever, timeout: '50ms' })
    await assert.rejects(run, /^Error: the server did not start within 50 ms$/)
  })

  test('a scenario fails instead of hanging when the server does not stop', async () => {
    const run = find('keeps two browsers apart').run(withClose(forever))
    await assert.rejects(run, /^Error: the server did not stop within 3000 ms$/)
  })
})

describe('when a server cannot be stopped', () => {
  test('the scenario fails, and its managers are closed anyway', async () => {
    const closed: string[] = []
    const { start } = withClose(refuse)
    const watch: TestedAdapter['start'] = (managers, routes) => {
      for (const [index, sessions] of managers.entries())
        Object.assign(sessions, { close: async () => void closed.push(`manager ${index}`) })
      return start(managers, routes)
    }
    const run = find('serves one request with two managers').run({ ...good, start: watch })
    await assert.rejects(run, /it cannot be stopped/)
    assert.deepEqual(closed, ['manager 0', 'manager 1'])
  })

  test('the scenario reports the earlier failure of the adapter', async () => {
    const { start } = withClose(refuse)
    const run = find('keeps two browsers apart').run({
      ...good,
      start: (managers, routes) => start(managers, { ...routes, '/user': failing }),
    })
    await assert.rejects(run, assert.AssertionError)
  })
})

test('the browser gives up on a body that does not end, naming its path', async (context) => {
  const origin = await serve(context, (_, response) => void response.write('begun'))
  const body = new Browser(origin, 50).text('/page', { method: 'POST' })
  await assert.rejects(body, /^Error: POST \/page: no answer came within 50 ms$/)
})
