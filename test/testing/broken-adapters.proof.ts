import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { whenReady } from '../../src/awaitable.ts'
import type {
  Exchange,
  ExchangeAnswer,
  ExchangeRequest,
  HeaderFields,
  SessionHeaders,
} from '../../src/adapter.ts'
import { opening } from '../../src/manager/request/open.ts'
import type { OpeningManager } from '../../src/manager/request/open.ts'
import type { SessionManager } from '../../src/index.ts'
import { adapterScenarios, scenariosFor } from '../../src/testing.ts'
import type { TestedAdapter } from '../../src/testing.ts'
import { wrapExchanges } from '../../src/testing/wrap-exchanges.ts'
import { adapters } from '../support/adapters.ts'

type Loose = Record<string, unknown>
type Sessions = SessionManager<Loose>
type Spoil = (sessions: Sessions) => Sessions

/** A correct adapter whose managers have a fault, so that it behaves like an adapter with that fault. */
function withFault(spoil: Spoil, good = 'Connect'): TestedAdapter {
  const adapter = adapters[good] as TestedAdapter
  return { ...adapter, start: (managers, routes) => adapter.start(managers.map(spoil), routes) }
}

const changeExchange =
  (replace: (exchange: Exchange<Loose>) => Partial<Exchange<Loose>>): Spoil =>
  (sessions) =>
    wrapExchanges(sessions, replace)

const changeRequest =
  (change: (request: ExchangeRequest) => ExchangeRequest): Spoil =>
  (sessions) => {
    const { [opening]: open } = sessions as OpeningManager<Loose>
    const spoilt: OpeningManager<Loose> = { ...sessions, [opening]: (request) => open(change(request)) }
    return spoilt
  }

/** Headers as an adapter sees them, with something changed. */
function spoilHeaders(headers: SessionHeaders, change: Partial<SessionHeaders>): SessionHeaders {
  const { cookies } = headers
  const same = {
    cookies,
    applyCaching: (fields: HeaderFields) => headers.applyCaching(fields),
    get isCachingUndecided() {
      return headers.isCachingUndecided
    },
  }
  return Object.defineProperties(same, Object.getOwnPropertyDescriptors(change)) as unknown as SessionHeaders
}

const changeHeaders = (change: (headers: SessionHeaders) => Partial<SessionHeaders>): Spoil =>
  changeExchange((exchange) => ({
    conclude: (answer) =>
      whenReady(exchange.conclude(answer), (headers) => spoilHeaders(headers, change(headers))),
  }))

/** Spoils how an adapter hands over the headers of a response, or takes them back. */
const changeFields = (change: (fields: HeaderFields) => HeaderFields): Spoil =>
  changeHeaders((headers) => ({
    applyCaching: (fields) =>
      headers.applyCaching(
        change({
          get: (name) => fields.get(name),
          set: (name, value) => fields.set(name, value),
          delete: (name) => fields.delete(name),
          keys: () => fields.keys(),
        }),
      ),
  }))

const changeCookie = (change: (cookie: string) => string): Spoil =>
  changeRequest((request) => ({ ...request, cookie: change(request.cookie ?? '') }))

/** The answer of a node adapter is an object with methods of a class, which a spread would leave out. */
function copyOf(answer: ExchangeAnswer | undefined): {
  status: number
  isBodiless: boolean
  onLateChange(): void
} {
  const { status = 200, isBodiless = false } = answer ?? {}
  return { status, isBodiless, onLateChange: () => answer?.onLateChange?.() }
}

const changeAnswer = (change: (answer: ReturnType<typeof copyOf>) => ExchangeAnswer): Spoil =>
  changeExchange((exchange) => ({ conclude: (answer) => exchange.conclude(change(copyOf(answer))) }))

const noHeaders = { cookies: [], applyCaching() {}, isCachingUndecided: false } as unknown as SessionHeaders

/** Refuses requests beyond a number of concurrent ones. */
const serveAtMost =
  (limit: number): Spoil =>
  (sessions) => {
    let served = 0
    return {
      ...sessions,
      async handle(...given) {
        if (served === limit) throw new Error('too many requests')
        served += 1
        return sessions.handle(...given).finally(() => (served -= 1))
      },
    }
  }

type Fault = [spoil: Spoil, expected: readonly string[], good?: keyof typeof adapters]

const faults: Readonly<Record<string, Fault>> = {
  'forgets the status': [
    changeAnswer((answer) => ({ ...answer, status: 200 })),
    [
      'drops the changes of a handler that throws or answers with 500',
      'keeps changes below status 500 and drops them from 500 on',
    ],
  ],
  'treats only status 500 as a failure': [
    changeAnswer((answer) => ({ ...answer, status: answer.status > 500 ? 200 : answer.status })),
    ['keeps changes below status 500 and drops them from 500 on'],
  ],
  'treats 4xx as a failure of the server': [
    changeAnswer((answer) => ({ ...answer, status: answer.status >= 400 ? 500 : answer.status })),
    ['keeps changes below status 500 and drops them from 500 on'],
  ],
  'forgets that HEAD has no body': [
    changeAnswer((answer) => ({ ...answer, isBodiless: false })),
    ['answers HEAD with the headers of GET and keeps the flash messages'],
  ],
  'never calls applyCaching': [
    changeHeaders(() => ({ applyCaching: () => {} })),
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
    changeHeaders(({ cookies }) => ({ cookies: cookies.filter(({ value }) => value !== '') })),
    [
      'clears the cookie and removes the session at logout',
      'serves one request with two managers, each with its own cookie and session',
    ],
  ],
  'responds as if a failed save had succeeded': [
    changeExchange((exchange) => ({
      conclude: async (answer) => Promise.resolve(exchange.conclude(answer)).catch(() => noHeaders),
    })),
    [
      'lets no request that began before a logout undo it',
      'lets no request that began before a login undo it',
      'answers 503 without the handler’s headers or body when the session cannot be saved',
    ],
  ],
  'never calls finish': [
    changeExchange(() => ({ finish: async () => {} })),
    [
      'saves each change made after the response',
      'saves changes made while a stream is sent',
      'saves changes when the client disconnects midway',
    ],
  ],
  'calls finish only after the first late change': [
    changeAnswer((answer) => ({ ...answer, onLateChange: once(answer.onLateChange) })),
    ['saves each change made after the response'],
  ],
  'saves only the first late change': [
    changeExchange((exchange) => ({
      conclude: (answer) =>
        exchange.conclude({
          ...copyOf(answer),
          onLateChange: once(() => void setImmediate(() => exchange.finish())),
        }),
    })),
    ['saves each change made after the response'],
  ],
  'calls finish only for clients that are still connected': [
    changeExchange((exchange) => {
      let request: IncomingMessage | undefined
      return {
        bind(context) {
          request = context as IncomingMessage
          return exchange.bind(context)
        },
        finish: async () => (request?.socket.destroyed ? undefined : exchange.finish()),
      }
    }),
    ['saves changes when the client disconnects midway'],
  ],
  'concludes twice': [
    changeExchange((exchange) => ({
      conclude: async (answer) => {
        const headers = await exchange.conclude(answer)
        await exchange.conclude(answer)
        return headers
      },
    })),
    ['opens and concludes each request once'],
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
    changeRequest((request) => ({ ...request, method: 'GET' })),
    ['shows a page to a visitor where onStoreFailure says so', 'leaves out the requests that skip selects'],
  ],
  'does not tell which request it opens': [
    changeRequest(({ raw, cookie, secure }) => ({ raw, cookie, secure })),
    [
      'leaves Cache-Control to the handler where the option caching says so',
      'shows a page to a visitor where onStoreFailure says so',
      'leaves out the requests that skip selects',
    ],
  ],
  'does not run handlers inside run': [
    changeExchange(() => ({ run: (handler) => handler() })),
    ['returns the same session from every lookup'],
  ],
  'waits only briefly for a save': [
    changeExchange((exchange) => ({
      conclude: (answer) => Promise.race([exchange.conclude(answer), passTurns(5)]),
    })),
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
    changeRequest((request) => ({ ...request, secure: true })),
    ['sets a cookie that is HttpOnly and SameSite=Lax'],
  ],
  'reports https as http': [
    changeRequest((request) => ({ ...request, secure: false })),
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
  const { start, secureHeaders } = withFault((sessions) => sessions) as Required<TestedAdapter>
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
  return noHeaders
}
