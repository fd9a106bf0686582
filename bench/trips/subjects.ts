import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import expressSession from 'express-session'
import { createSessionManager, sqliteStore, withSession } from './library.ts'
import { sourceFolder } from './source-files.ts'

interface Data {
  theme: string
}

declare module 'express-session' {
  interface SessionData extends Data {}
}

type Manager = ReturnType<typeof createSessionManager<Data>>

/** A library with its store, on bare `node:http`. */
export interface Subject {
  readonly name: string
  /** `/login` starts a session, `/get`, `/set` and `/logout` use it, `/unused` does not. */
  readonly listener: RequestListener
  /** Whether a module is the library's own. */
  isOwn(url: string): boolean
  close(): unknown
}

/** The theme of a new session. */
export const firstTheme = 'dark'
/** What `/set` sets, and answers. */
export const nextTheme = 'light'
/** What `/get` answers without a session. */
export const noTheme = 'none'

export function createSubjects(folder: string): readonly Subject[] {
  return [
    describeOurs(
      'SQLite',
      createSessionManager<Data>({ store: sqliteStore(join(folder, 'sessions.sqlite')) }),
    ),
    describeOurs('memory', createSessionManager<Data>()),
    {
      name: 'express-session, memory',
      listener: listenWithExpressSession(),
      isOwn: (url) => url.split('/node_modules/').at(-1)?.startsWith('express-session/') === true,
      close() {},
    },
  ]
}

function describeOurs(store: string, sessions: Manager): Subject {
  return {
    name: `coatcheck, ${store}`,
    listener: listenWithCoatcheck(sessions),
    isOwn: (url) => url.startsWith(sourceFolder.href),
    close: () => sessions.close(),
  }
}

function listenWithCoatcheck(sessions: Manager): RequestListener {
  const routes: Record<string, (request: IncomingMessage) => string> = {
    '/login'(request) {
      const own = sessions.get(request)
      own.login('user')
      own.set('theme', firstTheme)
      return firstTheme
    },
    '/get': (request) => sessions.get(request).get('theme') ?? noTheme,
    '/set'(request) {
      sessions.get(request).set('theme', nextTheme)
      return nextTheme
    },
    '/logout'(request) {
      sessions.get(request).logout()
      return noTheme
    },
  }
  return withSession((request, response) => {
    response.end(routes[request.url ?? '']?.(request))
  }, sessions)
}

type ExpressRequest = IncomingMessage & {
  readonly session: expressSession.Session & Partial<expressSession.SessionData>
}
type Middleware = (request: ExpressRequest, response: ServerResponse, next: () => void) => void

/** It needs nothing of Express but the middleware's signature. */
function listenWithExpressSession(): RequestListener {
  const options = { secret: 'of no value', resave: false, saveUninitialized: false }
  const middleware = expressSession(options) as unknown as Middleware
  const routes: Record<string, (request: ExpressRequest, response: ServerResponse) => void> = {
    '/login'({ session }, response) {
      session.theme = firstTheme
      response.end(firstTheme)
    },
    '/get': ({ session }, response) => void response.end(session.theme ?? noTheme),
    '/set'({ session }, response) {
      session.theme = nextTheme
      response.end(nextTheme)
    },
    '/logout': ({ session }, response) => void session.destroy(() => response.end(noTheme)),
    '/unused': (_request, response) => void response.end(),
  }
  return (request, response) => {
    const extended = request as ExpressRequest
    middleware(extended, response, () => routes[request.url ?? '']?.(extended, response))
  }
}
