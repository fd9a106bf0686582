// Options are checked when the middleware is made, not at the first request: a server that starts
// is set up right.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SessionManager } from '../../manager/session-manager.ts'
import type { SessionOptions } from '../../manager/session-options.ts'
import { readOptions, createOptionError } from '../../options.ts'
import { toManager } from '../to-manager.ts'
import { answerCommitError, serveSession } from './serve-session.ts'
import type { CommitErrorHandler } from './serve-session.ts'

/**
 * A middleware in the style of Connect, Polka and Express.
 *
 * @example
 * ```ts
 * const middleware: ConnectMiddleware = session()
 * ```
 */
export type ConnectMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * What an adapter for node takes besides the manager.
 *
 * @example
 * ```ts
 * app.use(session({}, {
 *   onCommitError: (error, request, response) => void response.writeHead(503).end('Please try again.'),
 * }))
 * ```
 */
export interface NodeAdapterOptions {
  /**
   * Answers when the session could not be saved. Must end the response before it returns.
   *
   * @example
   * ```ts
   * const options: NodeAdapterOptions = {
   *   onCommitError(error, request, response) {
   *     log.error(error)
   *     response.statusCode = 503
   *     response.end('Please try again in a moment.')
   *   },
   * }
   * ```
   * @default a plain text with the error's status, 503 for a store that does not answer
   */
  onCommitError?: CommitErrorHandler
}

/** The middleware of every framework on node; they differ in how they know that a request is secure. @internal */
export function createMiddleware<Data>(
  managerOrOptions: SessionManager<Data> | SessionOptions,
  options: NodeAdapterOptions,
  isSecure: (request: IncomingMessage) => boolean,
): ConnectMiddleware {
  const { onCommitError = answerCommitError } = readOptions('session', options, ['onCommitError'])
  if (typeof onCommitError !== 'function')
    throw createOptionError('session.onCommitError', onCommitError, 'a function')
  const manager = toManager(managerOrOptions)
  return (request, response, next) =>
    serveSession(manager, request, response, isSecure(request), onCommitError, next)
}
