// The adapter for web-standard requests. It is part of the manager because every runtime has
// `Request` and `Response`, and it is the shortest example of an adapter: load, bind, run, commit,
// and what to do when one of them fails.

import { SessionError } from '../errors.ts'
import { variesByCookie } from './session-headers.ts'
import type { SessionHeaders } from './session-headers.ts'
import type { FetchHandler, SessionManager } from './session-manager.ts'
import type { RequestLine } from './session-options.ts'

/**
 * Serves one web-standard request, from load to commit. A session that cannot be saved is answered with
 * the error's status, and with nothing of the handler's response.
 *
 * @throws what `handler` throws, after a commit that drops its changes.
 * @throws TypeError when `handler` returns no Response, or a value was edited in place.
 */
export async function handleRequest<Data>(
  manager: SessionManager<Data>,
  request: Request,
  line: RequestLine,
  handler: FetchHandler<Data>,
): Promise<Response> {
  const session = await manager.load({
    ...line,
    cookie: request.headers.get('cookie'),
    secure: request.url.startsWith('https:'),
  })
  manager.bind(request, session)
  let response: Response
  try {
    response = await manager.run(session, () => handler(request, session))
    if (typeof response?.status !== 'number') throw new TypeError('the handler must resolve to a Response')
  } catch (error) {
    // Commits nevertheless, to remove what logout or destroy ended. The caller gets the handler's error.
    await Promise.resolve(manager.commit(session, { status: 500, hasFailed: true })).catch(() => {})
    throw error
  }
  try {
    const headers = await manager.commit(session, {
      status: response.status,
      isBodiless: request.method === 'HEAD',
      cacheControl: response.headers.get('cache-control') ?? undefined,
      // A timer of the runtime, not of the option clock: it waits for the current turn to end, not for time.
      onLateChange: () => void setTimeout(() => manager.finish(session), 0),
    })
    return withHeaders(response, headers)
  } catch (error) {
    if (!(error instanceof SessionError)) throw error
    return new Response('The session may not have been saved.', {
      status: error.status,
      headers: { 'cache-control': 'no-store' },
    })
  }
}

/** Copies the response, because the headers of one from `fetch` or `Response.redirect` are immutable. */
function withHeaders(
  response: Response,
  { setCookie, clearFormer = [], cacheControl, vary }: SessionHeaders,
): Response {
  if (vary === undefined || response.status < 200) return response
  const headers = new Headers(response.headers)
  if (setCookie !== undefined) headers.append('set-cookie', setCookie)
  for (const line of clearFormer) headers.append('set-cookie', line)
  if (cacheControl !== undefined) headers.set('cache-control', cacheControl)
  if (!variesByCookie(headers.get('vary'))) headers.append('vary', vary)
  const { status, statusText, body } = response
  return new Response(body, { status, statusText, headers })
}
