// For servers that pass a `Request` to a function and expect a `Response`. The manager's own `handle` does the work;
// this file passes on what the platform passes beside the request.

import type { Awaitable } from '../contract/store.ts'
import { readSaveErrorHandler } from '../manager/request/handle-request.ts'
import type { HandleOptions, SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import { checkFunction } from '../session/check-arguments.ts'
import type { Session } from '../session/session.ts'
import type { SessionData } from '../session/types.ts'
import { toManager } from './to-manager.ts'

/**
 * A handler of {@link withSession}: of a request and its session, then of whatever the platform passes beside
 * the request. One that declares no second parameter gets no session: the platform's arguments follow the request.
 */
export type PlatformHandler<Data, Platform extends readonly unknown[]> = (
  request: Request,
  session: Session<Data>,
  ...platform: Platform
) => Awaitable<Response>

/** What the platform passes beside the request to a function that {@link withSession} has made of `Handler`. */
export type PlatformOf<Handler> = Handler extends (request: Request, ...rest: infer Rest) => unknown
  ? Rest extends [session?: infer Second, ...platform: infer Platform]
    ? Second extends Session<infer _Data>
      ? Platform
      : Rest
    : Rest
  : never

/**
 * Sessions for servers that use `Request` and `Response`: Deno, Bun, workers, and frameworks built on them.
 *
 * What the platform passes beside the request, such as a worker's `env` and `ctx`, reaches the handler after the
 * session. A handler that declares no second parameter (its `length` is less than 2), such as the `fetch` of a
 * Hono application, gets what the platform passes and no session: `getSession(request)` finds it.
 *
 * If the session cannot be saved, `onSaveError` answers; by default the client gets a plain text with the error's
 * status, 503 if the store failed.
 * The promise rejects with what the handler throws, and with a TypeError when a value was edited in place.
 *
 * @param handler - Receives the request and its session, and returns the response.
 * @param managerOrOptions - A session manager, or the options of a new one, which keeps sessions in memory by default.
 * @param options - Says how to answer if a session cannot be saved.
 * @throws TypeError when the handler is no function.
 * @throws {@link SessionConfigError} when an option is unknown, malformed or unsafe.
 * @example
 * ```ts
 * export default { fetch: withSession((request, session) => Response.json(session.keys())) }
 * ```
 */
export function withSession<
  Data = SessionData,
  Handler extends PlatformHandler<Data, never[]> = PlatformHandler<Data, never[]>,
>(
  handler: Handler,
  managerOrOptions: SessionManager<Data> | SessionOptions = {},
  options: HandleOptions = {},
): (request: Request, ...platform: PlatformOf<Handler>) => Promise<Response> {
  checkFunction('handler', handler)
  const manager = toManager(managerOrOptions)
  readSaveErrorHandler(options)
  const takesSession = handler.length >= 2
  const call = handler as unknown as (request: Request, ...rest: readonly unknown[]) => Awaitable<Response>
  return (request, ...platform) =>
    manager.handle(
      request,
      (same, session) => (takesSession ? call(same, session, ...platform) : call(same, ...platform)),
      options,
    )
}
