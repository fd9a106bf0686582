// The adapter for web-standard requests. It is part of the manager because every runtime has
// `Request` and `Response`, and it is the shortest example of an adapter: load, bind, run, commit,
// and what to do when one of them fails.

import { SessionError } from '../../contract/errors.ts'
import { checkFunction } from '../../session/check-arguments.ts'
import type { Session } from '../../session/session.ts'
import type { HeaderFields } from './cache-policy.ts'
import { cookieLinesOf } from './session-headers.ts'
import type { FetchHandler, SessionManager } from '../session-manager.ts'
import type { RequestLine } from '../session-options.ts'

/**
 * Serves one web-standard request, from load to commit. A session that cannot be saved is answered with
 * the error's status, and with nothing of the handler's response.
 *
 * @throws what `handler` throws: a Response, which is an answer such as a redirect, with the session's headers; anything
 * else after a commit that drops the changes, with an event.
 * @throws TypeError when `handler` is no function or returns no Response, or a value was edited in place.
 */
export async function handleRequest<Data>(
  manager: SessionManager<Data>,
  request: Request,
  handler: FetchHandler<Data>,
  createSkipped: () => Session<Data>,
): Promise<Response> {
  checkFunction('handler', handler)
  if (manager.serves(request)) return handler(request, manager.get(request))
  const line: RequestLine = { method: request.method, path: new URL(request.url).pathname }
  if (manager.skips(line)) return handler(request, createSkipped())
  const session = await manager.load({
    ...line,
    cookie: request.headers.get('cookie'),
    secure: request.url.startsWith('https:'),
  })
  manager.bind(request, session)
  try {
    const response = await manager.run(session, () => handler(request, session))
    if (typeof response?.status !== 'number') throw new TypeError('the handler must resolve to a Response')
    return await concludeAnswer(manager, session, request, response)
  } catch (error) {
    if (error instanceof Response) throw await concludeAnswer(manager, session, request, error)
    // Commits nevertheless, to remove what logout or destroy ended. The caller gets the handler's error.
    await Promise.resolve(manager.commit(session, { status: 500, hasFailed: true })).catch(() => {})
    throw error
  }
}

/** The response with the session's headers, once the session is saved, or the one that says that it was not. */
async function concludeAnswer<Data>(
  manager: SessionManager<Data>,
  session: Session<Data>,
  request: Request,
  response: Response,
): Promise<Response> {
  try {
    const headers = await manager.commit(session, {
      status: response.status,
      isBodiless: request.method === 'HEAD',
      // A timer of the runtime, not of the option clock: it waits for the current turn to end, not for time.
      onLateChange: () => void setTimeout(() => manager.finish(session), 0),
    })
    const copy = new CopiedOnEdit(response)
    for (const cookie of cookieLinesOf(headers)) copy.append('set-cookie', cookie)
    manager.applyCaching(session, copy)
    return copy.response
  } catch (error) {
    if (!(error instanceof SessionError)) throw error
    return new Response('The session may not have been saved.', {
      status: error.status,
      headers: { 'cache-control': 'no-store' },
    })
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
