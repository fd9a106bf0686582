// The entry `coatcheck/fetch`, for servers that pass a `Request` to a function and expect a `Response`.
// The manager's own `handle` does the work.

import type { FetchHandler, SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import type { SessionData } from '../session/types.ts'
import { toManager } from './to-manager.ts'

export { getSession } from '../manager/get-session.ts'
export type { FetchHandler }

/**
 * Sessions for servers that use `Request` and `Response`: Deno, Bun, workers, and frameworks built on them.
 *
 * If the session cannot be saved, the client gets a plain text with the error's status, 503 if the store failed.
 * The promise rejects with what the handler throws, and with a TypeError when a value was edited in place.
 *
 * @param handler - Receives the request and its session, and returns the response.
 * @param managerOrOptions - A session manager, or the options of a new one, which keeps sessions in memory by default.
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
