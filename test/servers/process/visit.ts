import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What a client got, and how long it took. */
export interface Answer {
  /** `undefined` when there was no answer within the limit. */
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly setCookies: readonly string[]
  readonly body: string
  readonly milliseconds: number
}

/** How a request is sent. */
export interface VisitOptions {
  readonly method?: string
  readonly cookie?: string | undefined
  /** How many milliseconds the client waits before it gives up. */
  readonly limit?: number
}

/** Sends a request over a connection of its own, and reads the whole answer. */
export async function visit(port: number, path: string, options: VisitOptions = {}): Promise<Answer> {
  const { method = 'GET', cookie, limit = 30_000 } = options
  const begin = performance.now()
  const gone = AbortSignal.timeout(limit)
  try {
    const answer = await send(port, path, method, cookie, gone)
    return { ...answer, milliseconds: performance.now() - begin }
  } catch (error) {
    if (!gone.aborted) throw error
    return { status: undefined, headers: {}, setCookies: [], body: '', milliseconds: limit }
  }
}

function send(
  port: number,
  path: string,
  method: string,
  cookie: string | undefined,
  signal: AbortSignal,
): Promise<Omit<Answer, 'milliseconds'>> {
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { cookie }
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers, signal, agent: false },
      (response) => {
        const { statusCode, headers } = response
        const setCookies = headers['set-cookie'] ?? []
        text(response).then((body) => resolve({ status: statusCode, headers, setCookies, body }), reject)
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}
