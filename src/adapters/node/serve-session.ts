// One request of a node server. The session is loaded before the handlers run and bound to the
// request; a gate on the response's head commits it, and what changes after the head is saved when
// the connection closes. Nothing here knows how a head is held: that is hold-head.ts and the files
// beside it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPromise } from '../../is-promise.ts'
import { variesByCookie } from '../../manager/session-headers.ts'
import type { SessionHeaders } from '../../manager/session-headers.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import type { Session } from '../../session/session.ts'
import { holdHead } from './hold-head.ts'
import type { HeadGate, ResponseHead } from './hold-head.ts'

/**
 * Answers a request whose session could not be saved. Nothing of the handler's answer has left.
 *
 * @example
 * ```ts
 * const retryLater: CommitErrorHandler = (error, request, response) => {
 *   response.writeHead(503, { 'retry-after': '5' }).end('Please try again in a moment.')
 * }
 * ```
 */
export type CommitErrorHandler = (error: unknown, request: IncomingMessage, response: ServerResponse) => void

/** One request of a node server: loads its session, runs what follows, and commits before the head leaves. @internal */
export function serveSession<Data>(
  manager: SessionManager<Data>,
  request: IncomingMessage,
  response: ServerResponse,
  secure: boolean,
  onCommitError: CommitErrorHandler,
  next: () => void,
): void {
  // Twice on one request, once for the application and once for a router: it is one session.
  if (manager.serves(request)) return next()
  if (manager.skips({ method: request.method ?? 'GET', path: pathOf(request) })) return next()
  const loaded = manager.load({ cookie: request.headers.cookie, secure })
  const serve = (session: Session<Data>): void => {
    manager.bind(request, session)
    holdHead(response, new SessionGate(manager, session, request, response, onCommitError))
    manager.run(session, next)
  }
  if (isPromise(loaded)) void loaded.then(serve)
  else serve(loaded)
}

/** Express cuts the mount path off `url`, and keeps the whole in `originalUrl`. */
function pathOf(request: IncomingMessage): string {
  const { originalUrl, url = '/' } = request as IncomingMessage & { originalUrl?: string }
  return (originalUrl ?? url).split('?', 1)[0] as string
}

/** Opens when the session is saved, and fails when it cannot be. */
class SessionGate<Data> implements HeadGate {
  readonly #manager: SessionManager<Data>
  readonly #session: Session<Data>
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #onCommitError: CommitErrorHandler
  #isFinishing = false

  constructor(
    manager: SessionManager<Data>,
    session: Session<Data>,
    request: IncomingMessage,
    response: ServerResponse,
    onCommitError: CommitErrorHandler,
  ) {
    this.#manager = manager
    this.#session = session
    this.#request = request
    this.#response = response
    this.#onCommitError = onCommitError
  }

  /**
   * The head is about to leave: commits, and adds the session's headers. Synchronous when there is
   * nothing to save.
   */
  open(head: ResponseHead): void | Promise<void> {
    const headers = this.#manager.commit(this.#session, {
      status: head.status,
      isBodiless: this.#request.method === 'HEAD',
      cacheControl: head.getHeader('cache-control'),
      onLateChange: () => this.#finishAtTheEnd(),
    })
    return isPromise(headers)
      ? headers.then((settled) => addHeaders(head, settled))
      : addHeaders(head, headers)
  }

  /**
   * The answer to a session that could not be saved. An `onCommitError` that fails itself is replaced
   * by the default.
   */
  fail(error: unknown): void {
    try {
      this.#onCommitError(error, this.#request, this.#response)
    } catch {
      if (!this.#response.headersSent) answerCommitError(error, this.#request, this.#response)
    }
  }

  /**
   * Saves what was changed after the head, once for many changes. `close` and not `finish`: an aborted
   * response never sends that.
   */
  #finishAtTheEnd(): void {
    if (this.#isFinishing) return
    this.#isFinishing = true
    const finish = (): void => {
      this.#isFinishing = false
      void this.#manager.finish(this.#session)
    }
    if (isClosed(this.#response)) setImmediate(finish)
    else this.#response.once('close', finish)
  }
}

/** http2's response has no `closed` of its own, and after its end no stream either. */
function isClosed(response: ServerResponse): boolean {
  const { closed, stream } = response as ServerResponse & { closed?: boolean; stream?: { closed: boolean } }
  return closed ?? stream?.closed ?? true
}

/** Adds what the manager says to what the handler has set, and replaces nothing but Cache-Control. */
function addHeaders(head: ResponseHead, { setCookie, cacheControl, vary }: SessionHeaders): void {
  if (setCookie !== undefined) head.appendHeader('Set-Cookie', setCookie)
  if (cacheControl !== undefined) head.setHeader('Cache-Control', cacheControl)
  if (vary === undefined) return
  const present = head.getHeader('vary')
  if (present === undefined) head.setHeader('Vary', vary)
  else if (!variesByCookie(present)) head.setHeader('Vary', `${present}, ${vary}`)
}

/** The default: a plain text with the error's status, 503 for a store that does not answer. */
export function answerCommitError(error: unknown, _request: IncomingMessage, response: ServerResponse): void {
  response.statusCode = (error as { status?: number } | null)?.status ?? 500
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  response.end('The session could not be saved.')
}
