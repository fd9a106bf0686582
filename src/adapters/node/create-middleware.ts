// Options are checked when the middleware is created, not at the first request: a server that starts
// is configured correctly.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SessionManager } from '../../manager/session-manager.ts'
import type { SessionOptions } from '../../manager/session-options.ts'
import { readOptions, createOptionError } from '../../options.ts'
import { toManager } from '../to-manager.ts'
import { answerSaveError } from './save-error.ts'
import type { SaveErrorHandler } from './save-error.ts'
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
 *   onSaveError: (error, request, response) => void response.writeHead(503).end('Please try again.'),
 * }))
 * ```
 */
export interface NodeAdapterOptions {
  /**
   * Answers when the session could not be saved: see {@link SaveErrorHandler}.
   *
   * @example
   * ```ts
   * const options: NodeAdapterOptions = {
   *   onSaveError(error, request, response) {
   *     log.error(error)
   *     response.statusCode = 503
   *     response.end('Please try again in a moment.')
   *   },
   * }
   * ```
   * @default on Express the application's own error handling, as by `next(error)`; otherwise a plain text with the
   * error's status, 503 if the store failed
   */
  onSaveError?: SaveErrorHandler | undefined
}

/**
 * Creates the middleware of every node framework. They differ in how they tell that a request is secure, and in who
 * answers when the session could not be saved.
 *
 * @throws {@link SessionConfigError} when an option is unknown or malformed.
 * @internal
 */
export function createMiddleware<Data>(
  managerOrOptions: SessionManager<Data> | SessionOptions,
  options: NodeAdapterOptions,
  isSecure: (request: IncomingMessage) => boolean,
  onSaveError?: SaveErrorHandler,
): ConnectMiddleware {
  const settings = readSettings(managerOrOptions, options, isSecure, onSaveError)
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
  defaultHandler: SaveErrorHandler = answerSaveError,
): ServeSettings<Data> {
  // First, since it recognizes session itself being used as a middleware.
  const manager = toManager(managerOrOptions)
  const { onSaveError = defaultHandler } = readOptions('session', options, ['onSaveError'])
  if (typeof onSaveError !== 'function') {
    throw createOptionError('session.onSaveError', onSaveError, 'a function')
  }
  return { manager, isSecure, onSaveError }
}
