// The entry `coatcheck/fetch`, for whatever hands a `Request` to a function and takes a `Response`
// back. The work is the manager's own `handle`.

import type { FetchHandler, SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import type { SessionData } from '../session/types.ts'
import { toManager } from './to-manager.ts'

export { getSession } from '../manager/bindings.ts'
export type { FetchHandler }

/**
 * Sessions for servers that speak `Request` and `Response`: Deno, Bun, workers, and frameworks
 * built upon them.
 *
 * @param handler - Gets the request and its session, and answers.
 * @param managerOrOptions - A session manager, or the options of a new one. Memory store by default.
 * @throws {@link SessionConfigError} when an option is unknown, malformed or unsafe.
 * @example
 * ```ts
 * export default { fetch: withSession((request, session) => Response.json(session.keys())) }
 * ```
 */
export function withSession<Data = SessionData>(
  handler: FetchHandler<Data>,
  managerOrOptions: SessionManager<Data> | SessionOptions = {},
): (request: Request) => Promise<Response> {
  const manager = toManager(managerOrOptions)
  return (request) => manager.handle(request, handler)
}
