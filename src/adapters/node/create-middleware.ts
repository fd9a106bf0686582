// Options are checked when the middleware is created, not at the first request: a server that starts
// is configured correctly.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SessionManager } from '../../manager/session-manager.ts'
import type { SessionOptions } from '../../manager/session-options.ts'
import { readOptions, createOptionError } from '../../options.ts'
import { toManager } from '../to-manager.ts'
import { answerCommitError } from './commit-error.ts'
import type { CommitErrorHandler } from './commit-error.ts'
import { serveSession } from './serve-session.ts'
import type { ServeSettings } from './serve-session.ts'

/** Middleware as Connect, Polka and Express call it. */
export type ConnectMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Options of a node adapter, in addition to those of the session manager.
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
   * @default a plain text with the error's status, 503 if the store failed
   */
  onCommitError?: CommitErrorHandler | undefined
}

/**
 * Creates the middleware of every node framework. They differ only in how they tell that a request is
 * secure.
 *
 * @throws {@link SessionConfigError} when an option is unknown or malformed.
 * @internal
 */
export function createMiddleware<Data>(
  managerOrOptions: SessionManager<Data> | SessionOptions,
  options: NodeAdapterOptions,
  isSecure: (request: IncomingMessage) => boolean,
): ConnectMiddleware {
  const settings = readSettings(managerOrOptions, options, isSecure)
  return (request, response, next) => void serveSession(settings, request, response, next)
}

/**
 * Checks the options of a node adapter.
 *
 * @throws {@link SessionConfigError} when an option is unknown or malformed.
 * @internal
 */
export function readSettings<Data>(
  managerOrOptions: SessionManager<Data> | SessionOptions,
  options: NodeAdapterOptions,
  isSecure: (request: IncomingMessage) => boolean,
): ServeSettings<Data> {
  // First, since it recognizes session itself being used as a middleware.
  const manager = toManager(managerOrOptions)
  const { onCommitError = answerCommitError } = readOptions('session', options, ['onCommitError'])
  if (typeof onCommitError !== 'function')
    throw createOptionError('session.onCommitError', onCommitError, 'a function')
  return { manager, isSecure, onCommitError }
}
