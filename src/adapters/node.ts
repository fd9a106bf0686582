// The entry `coatcheck/node`: bare `node:http`, and everything that calls `(request, response,
// next)`. Node has no hook before the head of a response, and that is where a session must be
// saved; node/hold-head.ts makes one. Next: node/serve-session.ts, one request from load to commit.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { createMiddleware } from './node/create-middleware.ts'
import type { ConnectMiddleware, NodeAdapterOptions } from './node/create-middleware.ts'
import type { CommitErrorHandler } from './node/serve-session.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import type { SessionData } from '../session/types.ts'
import { SessionError } from '../errors.ts'

export { getSession } from '../manager/bindings.ts'
export type { CommitErrorHandler, ConnectMiddleware, NodeAdapterOptions }

/**
 * A handler of `node:http`, which may be asynchronous.
 *
 * @example
 * ```ts
 * const greet: NodeHandler = (request, response) => response.end(`Hello ${getSession(request).userId ?? 'stranger'}`)
 * ```
 */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * Sessions for Connect, Polka and whatever else calls `(request, response, next)`.
 *
 * Polka 0.5 catches nothing that a handler throws, and its own `onError` takes an error's `code`, a text, for
 * the status: hand exceptions to `next`, and give it an `onError` that answers with `error.status ?? 500`.
 *
 * @param managerOrOptions - A session manager, or the options of a new one. Memory store by default.
 * @throws {@link SessionConfigError} when an option is unknown, malformed or unsafe.
 * @example
 * ```ts
 * polka().use(session()).get('/', (request, response) => response.end(getSession(request).handle))
 * ```
 */
export function session<Data = SessionData>(
  managerOrOptions: SessionManager<Data> | SessionOptions = {},
  options: NodeAdapterOptions = {},
): ConnectMiddleware {
  return createMiddleware(managerOrOptions, options, isEncrypted)
}

/**
 * Sessions for a bare `node:http` server: wraps its handler. An exception of the session's own,
 * such as a store that does not answer, becomes its status; the handler's own exceptions are
 * thrown on, as without us.
 *
 * @example
 * ```ts
 * createServer(withSession((request, response) => {
 *   getSession(request).update('visits', (visits = 0) => Number(visits) + 1)
 *   response.end('counted')
 * })).listen(3000)
 * ```
 */
export function withSession<Data = SessionData>(
  handler: NodeHandler,
  managerOrOptions: SessionManager<Data> | SessionOptions = {},
  options: NodeAdapterOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  if (typeof handler !== 'function')
    throw new TypeError(`handler must be a function, received ${typeof handler}`)
  const serve = session(managerOrOptions, options)
  return (request, response) => {
    serve(request, response, () => run(handler, request, response))
  }
}

/** Calls a handler as node does, and hears of what it throws, at once or later. */
function run(handler: NodeHandler, request: IncomingMessage, response: ServerResponse): unknown {
  try {
    const result = handler(request, response)
    return result instanceof Promise ? result.catch((error: unknown) => answer(error, response)) : result
  } catch (error) {
    return answer(error, response)
  }
}

/**
 * Store trouble becomes its status, as a framework's error handler would do it. All else goes on to
 * node, whose default is to end the process: hiding a bug would be worse.
 */
function answer(error: unknown, response: ServerResponse): void {
  if (!(error instanceof SessionError) || error.status !== 503 || response.headersSent) throw error
  response.statusCode = error.status
  response.end('The session is not available.')
}

/** What the socket says. Behind a proxy that ends TLS set `cookie.secure: true`. */
function isEncrypted(request: IncomingMessage): boolean {
  return (request.socket as TLSSocket).encrypted
}
