// The manager's public face. Applications use `get`, `list`, `revoke` and `close`; adapters use the
// rest. An adapter for another framework is `load`, `bind`, `run`, `commit` and `finish` in that
// order, and is checked by the scenarios of `coatcheck/testing`.

import type { Session } from '../session/session.ts'
import type { SessionData } from '../session/types.ts'
import type { Awaitable } from '../store.ts'
import type { SessionHeaders } from './session-headers.ts'
import type { SkipRequest } from './session-options.ts'
import type { SessionSummary } from './session-summary.ts'

/**
 * What an adapter knows of a request.
 *
 * @example
 * ```ts
 * const asked: SessionRequest = { cookie: request.headers.cookie, secure: request.protocol === 'https' }
 * ```
 */
export interface SessionRequest {
  /** The Cookie header; several lines joined with `'; '`. */
  readonly cookie: string | null | undefined
  /** Whether the request came over https. */
  readonly secure: boolean
}

/**
 * What an adapter knows of a response before its head leaves.
 *
 * @example
 * ```ts
 * const answer: SessionResponse = { status: response.statusCode, isBodiless: request.method === 'HEAD' }
 * ```
 */
export interface SessionResponse {
  /** The status about to be sent. From 500 on, the handler's changes are dropped. */
  readonly status: number
  /** The handler threw: its changes are dropped whatever the status. @default false */
  readonly hasFailed?: boolean
  /** The response has no body, as that to a HEAD request: what `takeFlash` took stays for the next. @default false */
  readonly isBodiless?: boolean
  /** The Cache-Control header as the handler left it. */
  readonly cacheControl?: string | undefined
  /** Called when the session is changed after this; the adapter then calls `finish` at the end of the response. */
  readonly onLateChange?: () => void
}

/**
 * A web-standard handler: the request, and its session.
 *
 * @example
 * ```ts
 * const greet: FetchHandler<Data> = (request, session) => new Response(`Hello ${session.userId ?? 'stranger'}`)
 * ```
 */
export type FetchHandler<Data> = (request: Request, session: Session<Data>) => Awaitable<Response>

/**
 * The coordinator between a store and the requests. Adapters are thin: `skips`, `load`, `bind`,
 * `run`, then `commit` before the head leaves, and `finish` after it when something changed late.
 *
 * @example
 * ```ts
 * const sessions: SessionManager<Data> = createSessionManager<Data>()
 * ```
 */
export interface SessionManager<Data = SessionData> {
  /** Whether the option `skip` exempts a request. */
  skips(request: SkipRequest): boolean
  /**
   * The session of a request: at most one store call, none without a cookie. Never fails; store trouble
   * is thrown by the first use of the session.
   *
   * @example
   * ```ts
   * const own = await sessions.load({ cookie: request.headers.cookie, secure: true })
   * ```
   */
  load(request: SessionRequest): Awaitable<Session<Data>>
  /**
   * Makes a session the one of this request or framework context: `get` and `getSession` then find it
   * there. Bind the object that handlers see.
   */
  bind(context: object, session: Session<Data>): void
  /** Whether a session of this manager is bound to a request or framework context. */
  serves(context: object): boolean
  /** Runs a handler, as the current session's if the option `context` is on. */
  run<Result>(session: Session<Data>, handler: () => Result): Result
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
   * Saves what changed; to be called once, before the head leaves. Gives the headers to add, at once
   * when there is nothing to save. Rejects when the session could not be saved: the client must then
   * get the error, not the handler's answer.
   *
   * @throws {@link SessionStoreError}, {@link SessionConflictError} and what else a save fails with.
   * @throws TypeError when a value was edited in place, which saves nothing.
   */
  commit(session: Session<Data>, response: SessionResponse): Awaitable<SessionHeaders>
  /**
   * Saves what changed after the head; failures are events. Call it when the response has ended or was
   * aborted.
   */
  finish(session: Session<Data>): Promise<void>
  /**
   * Serves one web-standard request, from load to commit.
   *
   * @throws whatever `handler` throws. When the session cannot be saved it resolves to a 503.
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
   * The live sessions of a user, oldest first: for a page of devices.
   *
   * @throws {@link SessionConfigError} when the store keeps no user index, as `basicStore` does not.
   * @throws {@link SessionStoreError}
   * @example
   * ```ts
   * const devices = await sessions.list('u_123')
   * const lines = devices.map(({ handle, details, lastSeenAt }) => ({ handle, details, lastSeenAt }))
   * ```
   */
  list(userId: string): Promise<readonly SessionSummary[]>
  /**
   * Ends one session of a user from elsewhere. Resolves to whether the user had a session of that
   * handle. To end the session of the request itself use `session.logout()`, which clears the cookie as
   * well.
   *
   * @param userId - From the session that asks, never from a form: it makes sure that nobody ends the
   * session of somebody else.
   * @throws as {@link list}, and TypeError when `handle` is not a string. One that names no session is
   * no error.
   * @example
   * ```ts
   * const { userId } = sessions.get(request)
   * if (userId !== undefined) await sessions.revoke(userId, String(request.body.handle))
   * ```
   */
  revoke(userId: string, handle: string): Promise<boolean>
  /**
   * Ends all other sessions of the user who is signed in on this one, and resolves to how many there
   * were. After a change of password, say.
   *
   * @throws as {@link list}, and {@link SessionStateError} when nobody is signed in.
   * @example
   * ```ts
   * const count = await sessions.revokeOthers(sessions.get(request))
   * response.send(`Signed out on ${count} other devices.`)
   * ```
   */
  revokeOthers(session: Session<Data>): Promise<number>
  /** Ends all sessions of a user, and resolves to how many there were. @throws as {@link list} */
  revokeAll(userId: string): Promise<number>
  /**
   * Resolves when the store answers, for a health check. A store without `ping` is asked for a record
   * that does not exist.
   *
   * @throws {@link SessionStoreError} when it fails or does not answer within `timeout`.
   */
  ping(): Promise<void>
  /**
   * Ends timers, waits for touches and commits under way, and closes the store. Call it after the
   * server has stopped taking requests.
   *
   * @example
   * ```ts
   * server.close(() => sessions.close())
   * ```
   */
  close(): Promise<void>
}
