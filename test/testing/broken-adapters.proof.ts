import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import type { HeaderFields, SessionHeaders, SessionManager, SessionResponse } from '../../src/index.ts'
import { adapterScenarios, scenariosFor } from '../../src/testing.ts'
import type { TestedAdapter } from '../../src/testing.ts'
import { adapters } from '../support/adapters.ts'

type Sessions = SessionManager<Record<string, unknown>>

/** A correct adapter whose managers have a fault, so that it behaves like an adapter with that fault. */
function withFault(spoil: (sessions: Sessions) => Partial<Sessions>, good = 'Connect'): TestedAdapter {
  const adapter = adapters[good] as TestedAdapter
  return {
    ...adapter,
    start: (managers, routes) =>
      adapter.start(
        managers.map((sessions) => ({ ...sessions, ...spoil(sessions) })),
        routes,
      ),
  }
}

const changeHeaders =
  (change: (headers: SessionHeaders, response: SessionResponse) => SessionHeaders) =>
  (sessions: Sessions): Partial<Sessions> => ({
    commit: async (session, response) => change(await sessions.commit(session, response), response),
  })

/** Spoils how an adapter hands over the headers of a response, or takes them back. */
const changeFields =
  (change: (fields: HeaderFields) => HeaderFields) =>
  (sessions: Sessions): Partial<Sessions> => ({
    applyCaching: (session, headers) =>
      sessions.applyCaching(
        session,
        change({
          get: (name) => headers.get(name),
          set: (name, value) => headers.set(name, value),
          delete: (name) => headers.delete(name),
          keys: () => headers.keys(),
        }),
      ),
  })

const changeCookie =
  (change: (cookie: string) => string) =>
  (sessions: Sessions): Partial<Sessions> => ({
    load: (request) => sessions.load({ ...request, cookie: change(request.cookie ?? '') }),
  })

/** A response may be an object with methods of a class, which a spread would leave out. */
function copyOf(response: SessionResponse): SessionResponse {
  const { status, isBodiless = false } = response
  return { status, isBodiless, onLateChange: () => response.onLateChange?.() }
}

const changeResponse =
  (change: (response: SessionResponse) => SessionResponse) =>
  (sessions: Sessions): Partial<Sessions> => ({
    commit: (session, response) => sessions.commit(session, change(response)),
  })

/** Refuses requests beyond a number of concurrent ones. */
const serveAtMost =
  (limit: number) =>
  (sessions: Sessions): Partial<Sessions> => {
    let served = 0
    return {
      async handle(...given) {
        if (served === limit) throw new Error('too many requests')
        served += 1
        return sessions.handle(...given).finally(() => (served -= 1))
      },
    }
  }

type Fault = [
  spoil: (sessions: Sessions) => Partial<Sessions>,
  expected: readonly string[],
  good?: keyof typeof adapters,
]

const faults: Readonly<Record<string, Fault>> = {
  'forgets the status': [
    changeResponse((response) => ({ ...copyOf(response), status: 200 })),
    [
      'drops the changes of a handler that throws or answers with 500',
      'keeps changes below status 500 and drops them from 500 on',
    ],
  ],
  'treats only status 500 as a failure': [
    changeResponse((response) => ({
      ...copyOf(response),
      status: response.status > 500 ? 200 : response.status,
    })),
    ['keeps changes below status 500 and drops them from 500 on'],
  ],
  'treats 4xx as a failure of the server': [
    changeResponse((response) => ({
      ...copyOf(response),
      status: response.status >= 400 ? 500 : response.status,
    })),
    ['keeps changes below status 500 and drops them from 500 on'],
  ],
  'forgets that HEAD has no body': [
    changeResponse((response) => ({ ...copyOf(response), isBodiless: false })),
    ['answers HEAD with the headers of GET and keeps the flash messages'],
  ],
  'never calls applyCaching': [
    () => ({ applyCaching: () => {} }),
    [
      'answers HEAD with the headers of GET and keeps the flash messages',
      'lets no cache store a response that sets the cookie',
      'adds Vary to a response that used the session or found none',
      'makes a page private that used the session of a cookie',
      'lets caches share the pages of visitors, apart by Vary',
      'removes what allows one kind of cache to keep such a page',
      'keeps no-transform beside the cookie',
      'leaves Cache-Control to the handler where the option caching says so',
      'clears the cookie and removes the session at logout',
      'shows a page to a visitor where onStoreFailure says so',
    ],
  ],
  'applies caching to no headers of the handler': [
    changeFields((fields) => ({ ...fields, get: () => undefined, keys: () => [] })),
    [
      'adds Vary to a response that used the session or found none',
      'makes a page private that used the session of a cookie',
      'removes what allows one kind of cache to keep such a page',
      'keeps no-transform beside the cookie',
      'leaves Cache-Control to the handler where the option caching says so',
    ],
  ],
  'edits no header for one kind of cache': [
    changeFields((fields) => ({ ...fields, delete: () => {} })),
    ['removes what allows one kind of cache to keep such a page'],
  ],
  'makes the pages of visitors private': [
    changeFields((fields) => ({
      ...fields,
      set(name, value) {
        fields.set(name, value)
        if (name === 'Vary') fields.set('Cache-Control', 'private')
      },
    })),
    [
      'makes a page private that used the session of a cookie',
      'lets caches share the pages of visitors, apart by Vary',
      'keeps no-transform beside the cookie',
      'leaves Cache-Control to the handler where the option caching says so',
    ],
  ],
  'forgets no-transform': [
    changeFields((fields) => ({
      ...fields,
      set: (name, value) => fields.set(name, value.replace(', no-transform', '')),
    })),
    ['keeps no-transform beside the cookie'],
  ],
  'sends no Vary': [
    changeFields((fields) => ({
      ...fields,
      set: (name, value) => (name === 'Vary' ? undefined : fields.set(name, value)),
    })),
    [
      'answers HEAD with the headers of GET and keeps the flash messages',
      'lets no cache store a response that sets the cookie',
      'adds Vary to a response that used the session or found none',
      'lets caches share the pages of visitors, apart by Vary',
      'leaves Cache-Control to the handler where the option caching says so',
      'shows a page to a visitor where onStoreFailure says so',
    ],
  ],
  'sends no Cache-Control': [
    changeFields((fields) => ({
      ...fields,
      set: (name, value) => (name === 'Vary' ? fields.set(name, value) : undefined),
    })),
    [
      'lets no cache store a response that sets the cookie',
      'makes a page private that used the session of a cookie',
      'keeps no-transform beside the cookie',
      'leaves Cache-Control to the handler where the option caching says so',
      'clears the cookie and removes the session at logout',
      'shows a page to a visitor where onStoreFailure says so',
    ],
  ],
  'sends no cookie to clear one': [
    changeHeaders(({ setCookie }) =>
      setCookie === undefined || /Max-Age=0/.test(setCookie) ? {} : { setCookie },
    ),
    [
      'clears the cookie and removes the session at logout',
      'serves one request with two managers, each with its own cookie and session',
    ],
  ],
  'responds as if a failed save had succeeded': [
    (sessions) => ({
      commit: async (...given) => Promise.resolve(sessions.commit(...given)).catch(() => ({})),
    }),
    [
      'lets no request that began before a logout undo it',
      'lets no request that began before a login undo it',
      'answers 503 without the handler’s headers or body when the session cannot be saved',
    ],
  ],
  'never calls finish': [
    () => ({ finish: async () => {} }),
    [
      'saves each change made after the response',
      'saves changes made while a stream is sent',
      'saves changes when the client disconnects midway',
    ],
  ],
  'calls finish only after the first late change': [
    (sessions) => ({
      commit: (session, response) =>
        sessions.commit(session, {
          ...copyOf(response),
          onLateChange: once(() => response.onLateChange?.()),
        }),
    }),
    ['saves each change made after the response'],
  ],
  'saves only the first late change': [
    (sessions) => ({
      commit: (session, response) =>
        sessions.commit(session, {
          ...copyOf(response),
          onLateChange: once(() => void setImmediate(() => sessions.finish(session))),
        }),
    }),
    ['saves each change made after the response'],
  ],
  'calls finish only for clients that are still connected': [
    (sessions) => {
      const requests = new WeakMap<object, IncomingMessage>()
      return {
        bind(context, session) {
          requests.set(session, context as IncomingMessage)
          sessions.bind(context, session)
        },
        finish: async (session) =>
          requests.get(session)?.socket.destroyed ? undefined : sessions.finish(session),
      }
    },
    ['saves changes when the client disconnects midway'],
  ],
  'commits twice': [
    (sessions) => ({
      commit: async (...given) => {
        await sessions.commit(...given)
        return sessions.commit(...given)
      },
    }),
    ['loads and commits each request once'],
  ],
  'decodes the Cookie header': [changeCookie(decodeURIComponent), ['decodes nothing in the Cookie header']],
  'truncates the Cookie header': [
    changeCookie((cookie) => cookie.slice(0, 1024)),
    ['reads the whole Cookie header, past another cookie of 4 kB'],
  ],
  'converts the Cookie header to lower case': [
    changeCookie((cookie) => cookie.toLowerCase()),
    ['preserves the case of the Cookie header'],
  ],
  'treats every request as a GET': [
    (sessions) => ({ skips: ({ path }) => sessions.skips({ method: 'GET', path }) }),
    ['leaves out the requests that skip selects'],
  ],
  'does not tell the manager which request it loads': [
    (sessions) => ({ load: ({ cookie, secure }) => sessions.load({ cookie, secure }) }),
    [
      'leaves Cache-Control to the handler where the option caching says so',
      'shows a page to a visitor where onStoreFailure says so',
    ],
  ],
  'loads every request as a GET': [
    (sessions) => ({ load: (request) => sessions.load({ ...request, method: 'GET' }) }),
    ['shows a page to a visitor where onStoreFailure says so'],
  ],
  'never calls skips': [() => ({ skips: () => false }), ['leaves out the requests that skip selects']],
  'does not run handlers inside run': [
    () => ({ run: (_, handler) => handler() }),
    ['returns the same session from every lookup'],
  ],
  'waits only briefly for a save': [
    (sessions) => ({
      commit: (...given) => Promise.race([sessions.commit(...given), passTurns(5)]),
    }),
    ['sends nothing before the store has answered', 'saves before the first byte of a stream'],
  ],
  'serves at most nineteen requests at once': [
    serveAtMost(19),
    [
      'keeps the values of all overlapping requests',
      'counts every overlapping update',
      'lets exactly one of the overlapping requests consume a value',
    ],
    'fetch',
  ],
  'reports http as https': [
    (sessions) => ({ load: (request) => sessions.load({ ...request, secure: true }) }),
    ['sets a cookie that is HttpOnly and SameSite=Lax'],
  ],
  'reports https as http': [
    (sessions) => ({ load: (request) => sessions.load({ ...request, secure: false }) }),
    ['marks the cookie Secure on https'],
  ],
}

for (const [name, [spoil, expected, good]] of Object.entries(faults)) {
  test(`an adapter that ${name} fails by name`, async () => {
    const adapter = withFault(spoil, good)
    const failed: string[] = []
    for (const scenario of scenariosFor(adapter)) {
      await scenario.run(adapter).catch(() => void failed.push(scenario.name))
    }
    assert.deepEqual(failed, expected)
  })
}

test('scenarios that need what a framework cannot do are left out', () => {
  const { start, secureHeaders } = withFault(() => ({})) as Required<TestedAdapter>
  const all = scenariosFor({ start, secureHeaders })
  assert.deepEqual(all, adapterScenarios)
  const some = scenariosFor({ start, lacks: ['streams', 'several managers'] })
  assert.equal(all.length - some.length, 6)
  assert.ok(some.every(({ requires = [] }) => requires.length === 0))
})

function once(act: () => void = () => {}): () => void {
  let isDone = false
  return () => {
    if (!isDone) act()
    isDone = true
  }
}

async function passTurns(count: number): Promise<SessionHeaders> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
  return {}
}
