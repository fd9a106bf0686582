// One request of a node server. Its exchange is opened before the handlers run and bound to the
// request. A gate on the response head concludes it; changes made after the head are saved when the
// response closes. How a head is held back is the business of hold-head.ts and the files beside it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPromise, whenReady } from '../../awaitable.ts'
import type { Exchange, GivenAnswer } from '../../manager/request/exchange.ts'
import { NodeFields } from '../../manager/request/headers.ts'
import type { SessionHeaders } from '../../manager/request/headers.ts'
import { open } from '../../manager/request/open.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import { clearHead } from './answer-failure.ts'
import { finishAtHead } from './final-head.ts'
import type { HeadGate, ResponseHead } from './head-gate.ts'
import { holdHead } from './hold-head.ts'
import { isHeadSent } from './node-response.ts'
import { answerSaveError } from './save-error.ts'
import type { SaveErrorHandler } from './save-error.ts'
import { isHandedOver } from './simulated-head.ts'

/** What all requests of one middleware have in common. */
export interface ServeSettings<Data> {
  readonly manager: SessionManager<Data>
  /** Whether the client's connection is encrypted; how to tell depends on the framework. */
  readonly isSecure: (request: IncomingMessage) => boolean
  readonly onSaveError: SaveErrorHandler
}

/**
 * Opens the exchange of one request, calls `next`, and concludes it before the head is sent. Returns what
 * `next` returns, or a promise of it where the load takes time.
 */
export function serveSession<Data>(
  settings: ServeSettings<Data>,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => unknown,
): unknown {
  const opened = open(settings.manager, {
    raw: request,
    method: request.method ?? 'GET',
    path: pathOf(request),
    cookie: request.headers.cookie,
    secure: settings.isSecure(request),
  })
  return whenReady(opened, (exchange) => {
    // The middleware may run twice, for the application and for a router: both share one session.
    if (!exchange?.bind(request)) return next()
    const gate = new SessionGate(settings, exchange, request, response, next)
    holdHead(response, gate)
    if (isDestroyed(response)) gate.abandon()
    return exchange.run(next)
  })
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
 * Lets the head through once the session is saved. It also describes the answer to `conclude`, because a
 * closure per request for `onLateChange` made V8 retain a third of the young garbage in 8 of 30 processes;
 * without it, in 2 of 30.
 */
class SessionGate<Data> implements HeadGate, GivenAnswer {
  status = 0
  readonly isBodiless: boolean
  readonly #settings: ServeSettings<Data>
  readonly #exchange: Exchange<Data>
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #next: (error?: unknown) => unknown
  #headers: SessionHeaders | undefined
  #isFinishScheduled = false

  constructor(
    settings: ServeSettings<Data>,
    exchange: Exchange<Data>,
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => unknown,
  ) {
    this.#settings = settings
    this.#exchange = exchange
    this.#request = request
    this.#response = response
    this.#next = next
    this.isBodiless = request.method === 'HEAD'
  }

  /** Saves the session and adds its cookies. Synchronous when there is nothing to save. */
  open(head: ResponseHead): void | Promise<void> {
    this.status = head.status
    return whenReady(this.#exchange.conclude(this), (headers) => {
      this.#headers = headers
      // Here middleware in front still sees the cookies, and may give each an attribute.
      for (const { line } of headers.cookies) head.appendHeader('Set-Cookie', line)
    })
  }

  /** Corrects what caches are told, after every middleware that may have said otherwise. */
  finish(head: ResponseHead): void {
    this.#headers?.applyCaching(new NodeFields(head))
  }

  /** Whether the handler may yet use the session for the first time, as in `writeHead(200).end(session.userId)`. */
  isUndecided(): boolean {
    return this.#headers?.isCachingUndecided === true
  }

  /** Saves what was recorded for a client that has hung up, and later what the handler goes on to change. */
  abandon(): void {
    void this.#exchange.abandon(this)
  }

  /**
   * Answers instead of the handler. The plain answer follows if `onSaveError`, or the error handling that it has passed
   * the error on to, throws or returns without having ended the response, as an asynchronous one does: the client would
   * otherwise wait forever, or get what the handler goes on to write.
   */
  fail(error: unknown, response: ServerResponse): void {
    this.#concludeFailure(response)
    let isPassedOn = false
    const pass = (passed: unknown): void => {
      if (isPassedOn) return
      isPassedOn = true
      this.#next(asError(passed))
    }
    const hasEnded = watchEnd(response, () => {
      const pending: unknown = this.#settings.onSaveError(error, this.#request, response, pass)
      if (isPromise(pending)) pending.then(undefined, () => {})
    })
    if (hasEnded || isHandedOver(response) || response.destroyed) return
    // Its own error may quote session data, and is the application's to log; a framework logs what it was given.
    if (!isPassedOn)
      console.error('coatcheck: onSaveError threw, or returned before it had ended the response')
    if (!isHeadSent(response)) {
      // What it has set, such as a Content-Length, is not meant for the plain answer's body.
      clearHead(response)
      this.#addCookies(response)
      answerSaveError(error, this.#request, response)
    } else if (response.hasHeader('Content-Length')) response.destroy()
    else response.end()
    // Whoever answers too late finds that nothing happens: what node throws there would end the process.
    if (isPassedOn) ignoreHeaders(response)
  }

  /**
   * What was saved before the failure stands, so a token that was replaced must reach the browser, and what the error
   * page shows of the session is no more for shared caches than any other. What a logout has ended goes on by itself
   * where a value edited in place was the reason.
   */
  #concludeFailure(response: ServerResponse): void {
    try {
      const headers = this.#exchange.conclude({ hasFailed: true })
      if (isPromise(headers)) return void headers.catch(() => {})
      this.#headers = headers
      this.#addCookies(response)
      // The plain answer is kept by no cache anyway.
      if (this.#settings.onSaveError !== answerSaveError) finishAtHead(response, this)
    } catch {
      // The client is told what the first conclusion has failed with.
    }
  }

  #addCookies(response: ServerResponse): void {
    for (const { line } of this.#headers?.cookies ?? []) response.appendHeader('Set-Cookie', line)
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
      void this.#exchange.finish()
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

/** A framework takes some values for a way to go on instead: `undefined`, `'route'`. */
function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error('the session could not be saved', { cause: value })
}

function ignoreHeaders(response: ServerResponse): void {
  const ignore = (): ServerResponse => response
  for (const method of ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader']) {
    Object.defineProperty(response, method, { value: ignore, writable: true, configurable: true })
  }
}
