// One request of a node server. The session is loaded before the handlers run and bound to the
// request. A gate on the response head commits it; changes made after the head are saved when the
// response closes. How a head is held back is the business of hold-head.ts and the files beside it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPromise } from '../../awaitable.ts'
import { cookieLinesOf } from '../../manager/request/session-headers.ts'
import type { SessionHeaders } from '../../manager/request/session-headers.ts'
import type { SessionManager, SessionResponse } from '../../manager/session-manager.ts'
import type { Session } from '../../session/session.ts'
import { clearHead } from './answer-failure.ts'
import { answerCommitError } from './commit-error.ts'
import type { CommitErrorHandler } from './commit-error.ts'
import { HeadFields } from './head-fields.ts'
import { holdHead } from './hold-head.ts'
import type { HeadGate, ResponseHead } from './head-gate.ts'
import { isHeadSent } from './node-response.ts'
import { isHandedOver } from './simulated-head.ts'

/** What all requests of one middleware have in common. */
export interface ServeSettings<Data> {
  readonly manager: SessionManager<Data>
  /** Whether the client's connection is encrypted; how to tell depends on the framework. */
  readonly isSecure: (request: IncomingMessage) => boolean
  readonly onCommitError: CommitErrorHandler
}

/**
 * Loads the session of one request, calls `next`, and commits the session before the head is sent. Returns what
 * `next` returns, or a promise of it where the load takes time.
 */
export function serveSession<Data>(
  settings: ServeSettings<Data>,
  request: IncomingMessage,
  response: ServerResponse,
  next: () => unknown,
): unknown {
  const { manager } = settings
  // The middleware may run twice, for the application and for a router: both share one session.
  if (manager.serves(request)) return next()
  const line = { method: request.method ?? 'GET', path: pathOf(request) }
  if (manager.skips(line)) return next()
  const loaded = manager.load({ ...line, cookie: request.headers.cookie, secure: settings.isSecure(request) })
  const serve = (session: Session<Data>): unknown => {
    manager.bind(request, session)
    const gate = new SessionGate(settings, session, request, response)
    holdHead(response, gate)
    if (isDestroyed(response)) gate.abandon()
    return manager.run(session, next)
  }
  return isPromise(loaded) ? loaded.then(serve) : serve(loaded)
}

/**
 * Express removes the mount path from `url` and keeps the whole target in `originalUrl`. A target may be absolute (RFC
 * 9112, section 3.2.2).
 */
function pathOf(request: IncomingMessage): string {
  const { originalUrl, url = '/' } = request as IncomingMessage & { originalUrl?: string }
  const [path] = (originalUrl ?? url).split('?', 1) as [string]
  return path.startsWith('/') ? path : path.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '') || '/'
}

/**
 * Lets the head through once the session is saved. It also describes the response to `commit`, because a
 * closure per request for `onLateChange` made V8 retain a third of the young garbage in 8 of 30 processes;
 * without it, in 2 of 30.
 */
class SessionGate<Data> implements HeadGate, SessionResponse {
  status = 0
  readonly isBodiless: boolean
  readonly #settings: ServeSettings<Data>
  readonly #session: Session<Data>
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #isFinishScheduled = false

  constructor(
    settings: ServeSettings<Data>,
    session: Session<Data>,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#settings = settings
    this.#session = session
    this.#request = request
    this.#response = response
    this.isBodiless = request.method === 'HEAD'
  }

  /** Commits the session and adds its cookie. Synchronous when there is nothing to save. */
  open(head: ResponseHead): void | Promise<void> {
    this.status = head.status
    const headers = this.#settings.manager.commit(this.#session, this)
    return isPromise(headers)
      ? headers.then((settled) => addCookies(head, settled))
      : addCookies(head, headers)
  }

  /** Corrects what caches are told, after every middleware that may have said otherwise. */
  finish(head: ResponseHead): void {
    this.#settings.manager.applyCaching(this.#session, new HeadFields(head))
  }

  /** Whether the handler may yet use the session for the first time, as in `writeHead(200).end(session.userId)`. */
  isUndecided(): boolean {
    return this.#settings.manager.isCachingUndecided(this.#session)
  }

  /** Saves what was recorded for a client that has hung up, and later what the handler goes on to change. */
  abandon(): void {
    void this.#settings.manager.abandon(this.#session, () => this.onLateChange())
  }

  /**
   * Answers instead of the handler. The default answers if `onCommitError` throws, or returns before it has
   * ended the response, as an asynchronous one does: the client would otherwise wait forever.
   */
  fail(error: unknown): void {
    const response = this.#response
    const hasEnded = watchEnd(response, () => {
      const pending: unknown = this.#settings.onCommitError(error, this.#request, response)
      if (isPromise(pending)) pending.then(undefined, () => {})
    })
    if (hasEnded || isHandedOver(response) || response.destroyed) return
    // Its own error may quote session data, and is the application's to log.
    console.error('coatcheck: onCommitError threw, or returned before it had ended the response')
    if (!isHeadSent(response)) {
      // What it has set, such as a Content-Length, is not meant for the default's body.
      clearHead(response)
      answerCommitError(error, this.#request, response)
    } else if (response.hasHeader('Content-Length')) response.destroy()
    else response.end()
  }

  /**
   * Saves changes made after the head, all in one save. Waits for `close` rather than `finish`, because
   * an aborted response never emits `finish`.
   */
  onLateChange(): void {
    if (this.#isFinishScheduled) return
    this.#isFinishScheduled = true
    const finish = (): void => {
      this.#isFinishScheduled = false
      void this.#settings.manager.finish(this.#session)
    }
    if (isClosed(this.#response)) setImmediate(finish)
    else this.#response.once('close', finish)
  }
}

/** Whether the client has hung up already, while the session was read. */
function isDestroyed(response: ServerResponse): boolean {
  const { destroyed, stream } = response as ServerResponse & { stream?: { destroyed: boolean } }
  return destroyed || stream?.destroyed === true
}

/**
 * Whether `answer` ends the response before it returns or throws. The response itself may not know yet: compression
 * in front passes an end on later.
 */
function watchEnd(response: ServerResponse, answer: () => void): boolean {
  const { end } = response
  let hasEnded = false
  const watched = (...values: never[]): ServerResponse => {
    const result: ServerResponse = Reflect.apply(end, response, values)
    hasEnded = true
    return result
  }
  response.end = watched
  try {
    answer()
  } catch {
    // Then another answer follows, as after a call that returned without one.
  }
  if (response.end === watched) response.end = end
  return hasEnded
}

/** An http2 response has no `closed` property, and no stream either once it has ended. */
function isClosed(response: ServerResponse): boolean {
  const { closed, stream } = response as ServerResponse & { closed?: boolean; stream?: { closed: boolean } }
  return closed ?? stream?.closed ?? true
}

/** Adds the session's cookies where middleware in front still sees them, and may give each an attribute. */
function addCookies(head: ResponseHead, headers: SessionHeaders): void {
  for (const line of cookieLinesOf(headers)) head.appendHeader('Set-Cookie', line)
}
