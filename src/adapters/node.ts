// The entry `coatcheck/node`: bare `node:http`, and every framework that calls middleware with
// `(request, response, next)`. A session must be saved before the head of the response is sent, and node has
// no hook for that; node/hold-head.ts makes one. node/serve-session.ts takes one request from load to commit.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { answerText } from './node/commit-error.ts'
import type { CommitErrorHandler } from './node/commit-error.ts'
import { clearHead } from './node/answer-failure.ts'
import { createMiddleware } from './node/create-middleware.ts'
import type { ConnectMiddleware, NodeAdapterOptions } from './node/create-middleware.ts'
import { isPromise } from '../is-promise.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import type { SessionData } from '../session/types.ts'
import { SessionError } from '../errors.ts'

export { getSession } from '../manager/get-session.ts'
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
 * Sessions for Connect, Polka and other frameworks that call middleware with `(request, response, next)`.
 *
 * Behind a proxy that terminates TLS set `cookie.secure: true`. If the store cannot be read, the first use of the
 * session throws an error with `status` 503. If the session cannot be saved, `onCommitError` answers.
 *
 * Polka 0.5 does not catch what a handler throws, and its default `onError` takes an error's `code`, a string, for
 * the status: pass exceptions to `next`, and set an `onError` that answers with `error.status ?? 500`.
 *
 * @param managerOrOptions - A session manager, or the options of a new one, which keeps sessions in memory by default.
 * @param options - Says how to answer if a session cannot be saved; by default with a plain text and status 503 or 500.
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
 * Sessions for a bare `node:http` server: wraps its handler.
 *
 * A session error with status 503, as when the store fails, is answered with 503. Every other exception is
 * rethrown, as without the wrapper.
 *
 * @param handler - Answers the request. May be asynchronous.
 * @param managerOrOptions - A session manager, or the options of a new one, which keeps sessions in memory by default.
 * @param options - Says how to answer if a session cannot be saved; by default with a plain text and status 503 or 500.
 * @throws {@link SessionConfigError} when an option is unknown, malformed or unsafe.
 * @throws TypeError when `handler` is not a function.
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

/** Calls the handler as node does, and catches what it throws or rejects with. */
function run(handler: NodeHandler, request: IncomingMessage, response: ServerResponse): unknown {
  try {
    const result = handler(request, response)
    return isPromise(result)
      ? Promise.resolve(result).catch((error: unknown) => answerStoreFailure(error, response))
      : result
  } catch (error) {
    return answerStoreFailure(error, response)
  }
}

/**
 * Answers a failed store, or a change that conflicted too often, with 503, as a framework's error handler
 * would. Everything else is rethrown to node, which ends the process by default: hiding a bug would be worse.
 */
function answerStoreFailure(error: unknown, response: ServerResponse): void {
  if (!(error instanceof SessionError) || error.status !== 503 || response.headersSent) throw error
  // The handler may have announced the length, or the encoding, of what it was about to send.
  clearHead(response)
  answerText(response, error.status, 'The session is not available.')
}

/** Only TLS sockets have `encrypted`, so a proxy that terminates TLS makes this false. */
function isEncrypted(request: IncomingMessage): boolean {
  return (request.socket as TLSSocket).encrypted
}
