// The entry `coatcheck/express`. Express calls middleware as Connect does, so the work is the node
// adapter's; this file knows only how Express tells a secure request.

import type { IncomingMessage } from 'node:http'
import { createMiddleware } from './node/create-middleware.ts'
import type { ConnectMiddleware, NodeAdapterOptions } from './node/create-middleware.ts'
import type { CommitErrorHandler } from './node/serve-session.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import type { SessionData } from '../session/types.ts'

export { getSession } from '../manager/bindings.ts'
export type { CommitErrorHandler, ConnectMiddleware, NodeAdapterOptions }

/**
 * Sessions for Express 4 and 5. Whether a request is secure is Express's word: behind a proxy set
 * `app.set('trust proxy', …)`. A store that cannot be
 * read throws at the first use of the session, into Express's error handlers, with `status` 503; a session
 * that cannot be saved is answered by `onCommitError`.
 *
 * @param managerOrOptions - A session manager, or the options of a new one. Memory store by default.
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
  return createMiddleware(managerOrOptions, options, isSecure)
}

/** Express's own getter, which knows the proxies that the application trusts. */
function isSecure(request: IncomingMessage): boolean {
  return (request as IncomingMessage & { secure?: boolean }).secure === true
}
