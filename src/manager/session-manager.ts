// The manager's public interface: what applications call. What adapters call is in request/open.ts.

import type { Awaitable } from '../awaitable.ts'
import type { Session } from '../session/session.ts'
import type { SessionData } from '../session/types.ts'
import type { ListOptions, SessionSummary } from './session-summary.ts'

/** A web-standard request handler. */
export type FetchHandler<Data> = (request: Request, session: Session<Data>) => Awaitable<Response>

/** Options of one call of `handle`, and of `withSession`. */
export interface HandleOptions {
  /**
   * Answers when the session could not be saved. Nothing of the handler's response has been sent. What it throws goes
   * to the caller: rethrow the error to hand it to a framework's own error handling.
   *
   * @example
   * ```ts
   * const options: HandleOptions = {
   *   onSaveError: () => new Response('Please try again in a moment.', { status: 503 }),
   * }
   * ```
   * @default a plain text with the error's status, 503 if the store failed
   */
  onSaveError?: ((error: unknown, request: Request) => Awaitable<Response>) | undefined
}

/**
 * The sessions of an application. A manager may be spread into another object, which then works wherever a manager
 * does; none of its methods needs `this`.
 *
 * @example
 * ```ts
 * const sessions = createSessionManager<Data>()
 * const audited = { ...sessions, audit: (userId: string) => log.info(`${userId} has looked`) }
 * app.use(session(audited))
 * ```
 */
export interface SessionManager<Data = SessionData> {
  /**
   * The session bound to a request or framework context, typed by this manager.
   *
   * @example
   * ```ts
   * const session = sessions.get(request)
   * ```
   * @throws {@link SessionStateError} when this manager does not serve the request.
   */
  get(context: object): Session<Data>
  /**
   * Serves one web-standard request. When the session cannot be saved, resolves to a response with the error's
   * status, 503 when the store failed, or to what `onSaveError` answers.
   *
   * @throws what `handler` throws.
   * @throws TypeError when a value was edited in place.
   * @example
   * ```ts
   * Deno.serve((request) => sessions.handle(request, (_, session) => {
   *   session.update('visits', (visits = 0) => visits + 1)
   *   return new Response(`Visit ${session.get('visits')}`)
   * }))
   * ```
   */
  handle(request: Request, handler: FetchHandler<Data>, options?: HandleOptions): Promise<Response>
  /**
   * The live sessions of a user, those that end first before the others: one page of at most 100, for a page that
   * lists devices. Reads none of their data.
   *
   * @throws {@link SessionConfigError} when the store has no user index, as with `basicStore`.
   * @throws {@link SessionStoreError} when the store fails.
   * @example
   * ```ts
   * const devices = await sessions.list('u_123')
   * const lines = devices.map(({ handle, details, lastSeenAt }) => ({ handle, details, lastSeenAt }))
   * ```
   */
  list(userId: string, options?: ListOptions): Promise<SessionSummary[]>
  /**
   * Ends one session of a user from another one. Resolves to whether the user had a session with that
   * handle. To end the request's own session use `session.logout()`, which also clears the cookie.
   *
   * @param userId - From the session of the request, never from a form: it ensures that users end only
   * their own sessions.
   * @throws as {@link list}
   * @throws TypeError when `handle` is not a string. One that names no session is not an error.
   * @example
   * ```ts
   * const { userId } = sessions.get(request)
   * if (userId !== undefined) await sessions.revoke(userId, String(request.body.handle))
   * ```
   */
  revoke(userId: string, handle: string): Promise<boolean>
  /**
   * Ends all other sessions of the user who is signed in on this one, for example after a change of
   * password, and replaces the token of this one, so that a copy of its cookie ends with the others. What
   * the request did before is saved. Resolves to their number. A call that breaks off says so, and can be repeated.
   *
   * @throws as {@link list}
   * @throws {@link SessionStateError} when nobody is signed in, or the response has started: it must carry the new
   * token.
   * @throws {@link SessionConflictError} `gone` or `replaced` when this session is no longer open: nothing was ended.
   * @example
   * ```ts
   * const count = await sessions.revokeOthers(sessions.get(request))
   * response.send(`Signed out of ${count} other devices.`)
   * ```
   */
  revokeOthers(session: Session<Data>): Promise<number>
  /**
   * Ends all sessions of a user, for example when the account is closed. Resolves to their number. A call that
   * breaks off says so, and can be repeated. A session that begins during the call may live on.
   *
   * @throws as {@link list}
   * @example
   * ```ts
   * await sessions.revokeAll('u_123')
   * ```
   */
  revokeAll(userId: string): Promise<number>
  /**
   * Resolves when the store would take a write: for a check of readiness. Calls under way together share one
   * check; no result is kept. A store without `ping` reads a record that does not exist.
   *
   * @throws {@link SessionStoreError} when the store would not, or does not answer within `timeout`.
   * @example
   * ```ts
   * await sessions.ping()
   * ```
   */
  ping(): Promise<void>
  /**
   * Stops timers, waits for touches and saves under way, and closes the store. Call it after the server
   * has stopped accepting requests.
   *
   * @example
   * ```ts
   * server.close(() => sessions.close())
   * ```
   */
  close(): Promise<void>
}
