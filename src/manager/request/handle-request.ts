// The adapter for web-standard requests. It is part of the manager because every runtime has
// `Request` and `Response`, and it is the shortest example of an adapter: open, bind, run, conclude,
// and what to do when one of them fails.

import type { Awaitable } from '../../awaitable.ts'
import { SessionError } from '../../contract/errors.ts'
import { createOptionError, readOptions } from '../../options.ts'
import { checkFunction } from '../../session/check-arguments.ts'
import type { Session } from '../../session/session.ts'
import type { FetchHandler, HandleOptions, SessionManager } from '../session-manager.ts'
import type { HeaderFields } from './cache-policy.ts'
import type { Exchange } from './exchange.ts'
import { applyHeaders } from './headers.ts'
import type { SessionHeaders } from './headers.ts'
import { open } from './open.ts'

/** Answers a request whose session could not be saved. */
type AnswerSaveError = (error: unknown, request: Request) => Awaitable<Response>

/**
 * Serves one web-standard request, from its cookie to the headers of its answer.
 *
 * @param createSkipped - The session that a handler gets where the option `skip` exempts the request.
 * @throws what `handler` throws: a Response, which is an answer such as a redirect, with the session's headers; anything
 * else after the changes were dropped, with an event. And what `onSaveError` throws.
 * @throws TypeError when `handler` is no function or returns no Response, or a value was edited in place.
 */
export async function handleRequest<Data>(
  manager: SessionManager<Data>,
  request: Request,
  handler: FetchHandler<Data>,
  options: HandleOptions,
  createSkipped: () => Session<Data>,
): Promise<Response> {
  checkFunction('handler', handler)
  const answerSaveError = readSaveErrorHandler(options)
  const exchange = await open(manager, request)
  if (!exchange?.bind(request)) return handler(request, exchange?.session ?? createSkipped())
  let answer: Response
  let isThrown = false
  try {
    answer = await exchange.run(() => handler(request, exchange.session))
    if (typeof answer?.status !== 'number') throw new TypeError('the handler must resolve to a Response')
  } catch (error) {
    if (!(error instanceof Response)) return failRequest(exchange, error)
    answer = error
    isThrown = true
  }
  const response = await concludeAnswer(exchange, request, answer, answerSaveError)
  if (isThrown) throw response
  return response
}

/** What `onSaveError` says; by default a plain text with the error's status. @internal */
export function readSaveErrorHandler(options: HandleOptions): AnswerSaveError {
  const { onSaveError = answerSaveErrorPlainly } = readOptions('handle', options, ['onSaveError'])
  if (typeof onSaveError !== 'function') {
    throw createOptionError('handle.onSaveError', onSaveError, 'a function')
  }
  return onSaveError
}

function answerSaveErrorPlainly(error: unknown): Response {
  return new Response('The session may not have been saved.', {
    status: error instanceof SessionError ? error.status : 500,
    headers: { 'cache-control': 'no-store' },
  })
}

/**
 * What was saved before a failure stands: a token that was replaced must reach the browser, and what logout or destroy
 * ended is removed. What else fails meanwhile is nobody's error.
 */
async function concludeFailure(exchange: Pick<Exchange, 'conclude'>): Promise<SessionHeaders | undefined> {
  try {
    return await exchange.conclude({ hasFailed: true })
  } catch {
    return undefined
  }
}

/** The caller gets the handler's error, and nothing that fails on the way. */
async function failRequest(exchange: Pick<Exchange, 'conclude'>, error: unknown): Promise<never> {
  await concludeFailure(exchange)
  throw error
}

/** The response with the session's headers, once the session is saved, or the one that says that it was not. */
async function concludeAnswer(
  exchange: Pick<Exchange, 'conclude'>,
  request: Request,
  response: Response,
  answerSaveError: AnswerSaveError,
): Promise<Response> {
  try {
    const isBodiless = request.method === 'HEAD'
    const headers = await exchange.conclude({ status: response.status, isBodiless })
    const copy = new CopiedOnEdit(response)
    applyHeaders(headers, copy)
    return copy.response
  } catch (error) {
    if (!(error instanceof SessionError)) return failRequest(exchange, error)
    const concluded = concludeFailure(exchange)
    const copy = new CopiedOnEdit(await answerSaveError(error, request))
    const headers = await concluded
    if (headers) applyHeaders(headers, copy)
    return copy.response
  }
}

/**
 * The headers of a response that may be immutable, as those from `fetch` and `Response.redirect` are. The first
 * edit copies them; without one the response stays the handler's own.
 */
class CopiedOnEdit implements HeaderFields {
  readonly #original: Response
  #edited: Headers | undefined

  constructor(original: Response) {
    this.#original = original
  }

  /** With the headers as they were edited. One that switches protocols (101) has none, and cannot be copied. */
  get response(): Response {
    const { status, statusText, body } = this.#original
    if (!this.#edited || status < 200) return this.#original
    return new Response(body, { status, statusText, headers: this.#edited })
  }

  get(name: string): string | null {
    return this.#current.get(name)
  }

  keys(): Iterable<string> {
    return this.#current.keys()
  }

  set(name: string, value: string): void {
    this.#edit().set(name, value)
  }

  append(name: string, value: string): void {
    this.#edit().append(name, value)
  }

  delete(name: string): void {
    this.#edit().delete(name)
  }

  get #current(): Headers {
    return this.#edited ?? this.#original.headers
  }

  #edit(): Headers {
    return (this.#edited ??= new Headers(this.#original.headers))
  }
}
