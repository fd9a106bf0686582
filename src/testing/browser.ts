// A browser for tests, over the real `fetch`. It sends no Origin, runs no script and knows one
// site: enough to see what a cookie does between requests, and nothing that would need a real one.

import { systemClock } from '../clock.ts'

/**
 * The little of a browser that a test needs: it keeps cookies, follows no redirect by itself, and does
 * not wait for ever.
 */
export class Browser {
  /** By name: values as they came, nothing decoded. */
  readonly cookies: Map<string, string> = new Map()
  readonly #origin: string
  readonly #limit: number

  /** @param limit - Milliseconds for a whole answer, its body included. */
  constructor(origin: string, limit: number = 10_000) {
    this.#origin = origin
    this.#limit = limit
  }

  /** What it would send as its Cookie header. */
  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Requests a path with the cookies it has, and keeps those that come back. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0) headers.set('cookie', this.cookieHeader)
    const response = await this.#fetch(path, { ...init, headers })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  /** The body of the answer to {@link request}. */
  async text(path: string, init: RequestInit = {}): Promise<string> {
    return (await this.request(path, init)).text()
  }

  /** Requests a path with this Cookie header, in place of the browser's own, and keeps no cookie. */
  requestWith(cookie: string, path: string): Promise<Response> {
    return this.#fetch(path, { headers: { cookie } })
  }

  /** Somebody else's browser: without cookies, on the same server. */
  another(): Browser {
    return new Browser(this.#origin, this.#limit)
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    const giving = new AbortController()
    systemClock.scheduleIdly(this.#limit, () =>
      giving.abort(new Error(`${init.method ?? 'GET'} ${path}: no answer came within ${this.#limit} ms`)),
    )
    return fetch(this.#origin + path, { redirect: 'manual', signal: giving.signal, ...init })
  }

  /** Keeps or drops a cookie. A value is taken as it is; expiry is what `Max-Age=0` says. */
  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split('=')
    if (attributes.includes('Max-Age=0')) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
