// Bare `node:http`, and every framework that calls middleware with `(request, response, next)`. A session must be saved before the head of the response is sent, and node has
// no hook for that; node/hold-head.ts makes one. node/serve-session.ts takes one request from its cookie to its head.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { SessionError } from '../contract/errors.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import { checkFunction } from '../session/check-arguments.ts'
import type { SessionData } from '../session/types.ts'
import { clearHead } from './node/answer-failure.ts'
import { createMiddleware, readSettings } from './node/create-middleware.ts'
import type { ConnectMiddleware, NodeAdapterOptions } from './node/create-middleware.ts'
import { waitForHead } from './node/hold-head.ts'
import { answerText } from './node/save-error.ts'
import { serveSession } from './node/serve-session.ts'

/** A handler of `node:http`, which may be asynchronous. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * Sessions for Connect, Polka and other frameworks that call middleware with `(request, response, next)`.
 *
 * Behind a proxy that terminates TLS set `cookie.secure: true`. If the store cannot be read, the first use of the
 * session throws an error with `status` 503. If the session cannot be saved, `onSaveError` answers.
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
 * A session error that is not the application's fault is answered with its status: 503 when the store fails, 409 when
 * the session was ended or replaced meanwhile. Every other exception rejects the promise, which ends the process by
 * default, as without the wrapper.
 *
 * @param handler - Answers the request. May be asynchronous.
 * @param managerOrOptions - A session manager, or the options of a new one, which keeps sessions in memory by default.
 * @param options - Says how to answer if a session cannot be saved; by default with a plain text and status 503 or 500.
 * @returns a handler that resolves to what `handler` returns, once its answer is not held back by a save any more.
 * Platforms that freeze a process between requests can await it.
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
): (request: IncomingMessage, response: ServerResponse) => Promise<unknown> {
  checkFunction('handler', handler)
  const settings = readSettings(managerOrOptions, options, isEncrypted)
  // What is synchronous stays so: the handler runs before the first wait.
  return async (request, response) => {
    // There is nobody to take an error that is passed on: the plain answer follows.
    const next = (error?: unknown): unknown => (error === undefined ? handler(request, response) : undefined)
    try {
      const result = await serveSession(settings, request, response, next)
      const held = waitForHead(response)
      if (held) await held
      return result
    } catch (error) {
      const isAnswered = answerSessionError(error, response)
      await waitForHead(response)
      if (!isAnswered) throw error
      return undefined
    }
  }
}

/**
 * Answers a failed store, a change that conflicted too often or that came too late with the error's status, as a
 * framework's error handler would. Returns `false` for everything else: hiding a bug would be worse.
 */
function answerSessionError(error: unknown, response: ServerResponse): boolean {
  if (!(error instanceof SessionError) || error.status === 500 || response.headersSent) return false
  // The handler may have announced the length, or the encoding, of what it was about to send.
  clearHead(response)
  answerText(response, error.status, 'The session is not available.')
  return true
}

/** Only TLS sockets have `encrypted`, so a proxy that terminates TLS makes this false. */
function isEncrypted(request: IncomingMessage): boolean {
  return (request.socket as TLSSocket).encrypted
}
