// Express calls middleware as Connect does, so the node adapter does the work. This file knows how Express tells that
// a request is secure, and who answers there when a session could not be saved.

import type { IncomingMessage } from 'node:http'
import type { SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import type { SessionData } from '../session/types.ts'
import { createMiddleware } from './node/create-middleware.ts'
import type { ConnectMiddleware, NodeAdapterOptions } from './node/create-middleware.ts'

/**
 * Sessions for Express 4 and 5.
 *
 * Express decides whether a request is secure: behind a proxy set `app.set('trust proxy', …)`. If the store
 * cannot be read, the first use of the session throws an error with `status` 503, for Express's error handlers.
 * If the session cannot be saved, they get that error as well, instead of the handler's response.
 *
 * @param managerOrOptions - A session manager, or the options of a new one, which keeps sessions in memory by default.
 * @param options - Says who answers if a session cannot be saved; by default Express's error handlers.
 * @throws {@link SessionConfigError} when an option is unknown, malformed or unsafe.
 * @example
 * ```ts
 * const app = express()
 * app.use(session())
 * app.get('/', (request, response) => response.send(`Hello ${getSession(request).userId ?? 'stranger'}`))
 * ```
 */
export function session<Data = SessionData>(
  managerOrOptions: SessionManager<Data> | SessionOptions = {},
  options: NodeAdapterOptions = {},
): ConnectMiddleware {
  return createMiddleware(managerOrOptions, options, isSecure, passOn)
}

/** Express's own getter, which takes the `trust proxy` setting into account. */
function isSecure(request: IncomingMessage): boolean {
  return (request as IncomingMessage & { secure?: boolean }).secure === true
}

/** To the error handlers that the application has added after the middleware, as `next(error)` in a handler. */
function passOn(error: unknown, _request: unknown, _response: unknown, next: (error: unknown) => void): void {
  next(error)
}
