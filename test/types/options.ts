import { createServer } from 'node:http'
import { createSessionManager, memoryStore } from 'coatcheck'
import type { AnySessionError, SessionErrorCode, SessionStore } from 'coatcheck'
import { session as expressSession } from 'coatcheck/express'
import { withSession as withFetchSession } from 'coatcheck/fetch'
import { session, withSession } from 'coatcheck/node'
import { basicStore } from 'coatcheck/stores/basic'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import express from 'express'
import { demand } from './equals.ts'
import type { Equals } from './equals.ts'

/** Compiled and never run: what the options allow, and what they refuse. */
export function useOptions(store: SessionStore): void {
  createSessionManager({
    store,
    maxAge: '7d',
    idleTimeout: 1800,
    cookie: { secure: 'auto', sameSite: 'none' },
  })
  createSessionManager({
    realm: 'shop',
    maxSessionsPerUser: Infinity,
    onDropped: 'event',
    caching: ({ method }) => (method === 'GET' ? 'private' : 'vary'),
    cookie: { basePath: '/app', former: [{ path: '/old' }, { domain: 'shop.test' }] },
  })
  createSessionManager({ store: undefined, skip: ({ path }) => path.startsWith('/assets') })
  // @ts-expect-error -- an option that does not exist
  createSessionManager({ maxage: '7d' })
  // @ts-expect-error -- changes are dropped with an error or with an event
  createSessionManager({ onDropped: 'ignore' })
  // @ts-expect-error -- a word for caches that does not exist
  createSessionManager({ caching: () => 'public' })
  // @ts-expect-error -- a former cookie has another path or domain, not another name
  createSessionManager({ cookie: { former: [{ name: 'sid' }] } })
  // @ts-expect-error -- a unit that does not exist
  createSessionManager({ maxAge: '7 days' })
  // @ts-expect-error -- a cookie attribute that does not exist
  createSessionManager({ cookie: { maxAge: '7d' } })
  // @ts-expect-error -- SameSite is written in small letters
  createSessionManager({ cookie: { sameSite: 'Strict' } })
  // @ts-expect-error -- no store: it lacks the verbs
  createSessionManager({ store: new Map() })
  // @ts-expect-error -- a listener is a function
  createSessionManager({ onEvent: 'log' })

  memoryStore({ maxSessions: 10 })
  sqliteStore('shop.sqlite', { synchronous: 'full' })
  // @ts-expect-error -- a durability that SQLite has not
  sqliteStore('shop.sqlite', { synchronous: 'sometimes' })
  // @ts-expect-error -- three functions, not two
  basicStore({ get: () => undefined, save: () => {} })
}

/** Adapters take a manager or options, and fit the frameworks they are for. */
export function useAdapters(): void {
  const sessions = createSessionManager<{ theme: string }>()
  express()
    .use(expressSession())
    .use(expressSession(sessions))
    .use(expressSession({ maxAge: '1h' }))
  createServer(withSession((request, response) => response.end(sessions.get(request).get('theme')), sessions))
  session(sessions, { onSaveError: (_error, _request, response) => response.end() })
  const serve = withFetchSession((_request, own) => Response.json(own.get('theme')), sessions)
  demand<Equals<typeof serve, (request: Request) => Promise<Response>>>()
  const work = withFetchSession((_request, own, env: { region: string }) => {
    own.set('theme', env.region)
    return new Response()
  }, sessions)
  demand<Equals<Parameters<typeof work>, [request: Request, env: { region: string }]>>()
  // @ts-expect-error -- what the platform passes is not of that type
  void work(new Request('http://shop.test/'), { region: 5 })
  // @ts-expect-error -- neither a manager nor options
  session(42)
  // @ts-expect-error -- an option of the manager is none of the adapter
  session(sessions, { maxAge: '1h' })
}

/** The codes are a closed union: a switch over it is complete, and narrows. */
export function describe(error: AnySessionError): string {
  demand<Equals<AnySessionError['code'], SessionErrorCode>>()
  switch (error.code) {
    case 'ERR_SESSION_CONFIG':
    case 'ERR_SESSION_DECODE':
    case 'ERR_SESSION_STATE':
      return error.message
    case 'ERR_SESSION_CONFLICT':
      return error.reason
    case 'ERR_SESSION_STORE':
      return error.operation
    case 'ERR_SESSION_TOO_LARGE':
      return `${error.size} of ${error.limit}`
  }
}
