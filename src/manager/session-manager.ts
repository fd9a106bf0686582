// The manager's public interface. An adapter calls the first ten methods, in the order they are
// declared here; applications call the others. The scenarios of `coatcheck/testing` check an
// adapter.

import type { Session } from '../session/session.ts'
import type { SessionData } from '../session/types.ts'
import type { Awaitable } from '../contract/store.ts'
import type { HeaderFields } from './request/cache-policy.ts'
import type { SessionHeaders } from './request/session-headers.ts'
import type { ListOptions } from './list-options.ts'
import type { RequestLine } from './session-options.ts'
import type { SessionSummary } from './session-summary.ts'

/** What an adapter tells the manager about a request. */
export interface SessionRequest extends Partial<RequestLine> {
  /** The Cookie header; if there are several, joined with `'; '`. */
  readonly cookie: string | null | undefined
  /** Whether the request came over https. */
  readonly secure: boolean
}

/** What an adapter tells the manager about a response before its headers are sent. */
export interface SessionResponse {
  /** The status about to be sent. At 500 and above the handler's changes are dropped. */
  readonly status: number
  /**
   * Whether the handler threw: its changes are then dropped whatever the status.
   *
   * @default false
   */
  readonly hasFailed?: boolean
  /**
   * Whether the request was HEAD: messages that `takeFlash` took are then kept for the next response.
   *
   * @default false
   */
  readonly isBodiless?: boolean
  /** Called when the session is changed after `commit`: call `finish` when the response has ended. */
  readonly onLateChange?: () => void
}

/** A web-standard request handler. */
export type FetchHandler<Data> = (request: Request, session: Session<Data>) => Awaitable<Response>

/**
 * The sessions of an application. An adapter calls, in this order: `serves`, `skips`, `load`, `bind`,
 * `run`; `commit` before the headers are sent, and `applyCaching` when they are; `finish` after that, if the session changed late;
 * `abandon` when the client has hung up before `commit`.
 */
export interface SessionManager<Data = SessionData> {
  /** Whether a session of this manager is already bound to a request or framework context. */
  serves(context: object): boolean
  /** Whether the option `skip` exempts a request. */
  skips(request: RequestLine): boolean
  /**
   * The session of a request: one read of the store, none without a cookie, and under `eager` one more
   * call to create the row. Never fails: the error of a store that fails is thrown by the first use of
   * the session, or by the first change, as `onStoreFailure` says. Without `method` and `path` a function
   * given there is not asked, and any use throws.
   *
   * @example
   * ```ts
   * const own = await sessions.load({ cookie: request.headers.cookie, secure: true })
   * ```
   */
  load(request: SessionRequest): Awaitable<Session<Data>>
  /**
   * Binds a session to a request or framework context, where `get` and `getSession` find it. Use the
   * object that handlers receive.
   */
  bind(context: object, session: Session<Data>): void
  /** Runs a handler; under the option `context`, with `session` as the current one. */
  run<Result>(session: Session<Data>, handler: () => Result): Result
  /**
   * Saves what changed, and returns the headers to add: at once when there is nothing to save. Call it
   * once, before the headers are sent. When it fails, send the error instead of the handler's response.
   *
   * @throws {@link SessionStoreError}, {@link SessionConflictError} and any other error of a save.
   * @throws TypeError when a value was edited in place, which saves nothing.
   */
  commit(session: Session<Data>, response: SessionResponse): Awaitable<SessionHeaders>
  /**
   * Edits the headers that caches go by, as the option `caching` says: Vary, Cache-Control and those that one
   * kind of cache obeys instead of it. A response that used no session stays as it is. Call it once `commit` has
   * resolved, after everything else that sets headers.
   *
   * @example
   * ```ts
   * const headers = new Headers({ 'Cache-Control': 'public, max-age=60' })
   * sessions.applyCaching(sessions.get(request), headers)
   * ```
   */
  applyCaching(session: Session<Data>, headers: HeaderFields): void
  /**
   * Whether a first use of the session would still change what {@link applyCaching} does: the request brought a
   * cookie, and nothing has used the session yet. An adapter whose headers wait for the first byte calls
   * `applyCaching` as late as that.
   *
   * @example
   * ```ts
   * const mustWait = sessions.isCachingUndecided(sessions.get(request))
   * ```
   */
  isCachingUndecided(session: Session<Data>): boolean
  /**
   * Saves what changed after the headers were sent. Call it when the response has ended or was aborted. A
   * failure is an event.
   */
  finish(session: Session<Data>): Promise<void>
  /**
   * The client has hung up before `commit`. What was recorded is saved, as by `session.save()`; a login is dropped with
   * an event, and all that follows it, since its token would reach nobody. `onLateChange` as in {@link SessionResponse}:
   * what the handler goes on
   * to change is saved by `finish`. A failure is an event. The handler's answer may be committed afterwards as usual.
   */
  abandon(session: Session<Data>, onLateChange?: () => void): Promise<void>
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
   * Serves one web-standard request, from load to commit. When the session cannot be saved, resolves to
   * a response with the error's status: 503 when the store failed.
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
  handle(request: Request, handler: FetchHandler<Data>): Promise<Response>
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
   * Stops timers, waits for touches and commits under way, and closes the store. Call it after the server
   * has stopped accepting requests.
   *
   * @example
   * ```ts
   * server.close(() => sessions.close())
   * ```
   */
  close(): Promise<void>
}
