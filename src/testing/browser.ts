// A minimal browser for tests, built on `fetch`. It sends no Origin, runs no scripts and visits one
// site: enough to follow a cookie from request to request.

import { systemClock } from '../contract/clock.ts'

/** Keeps cookies, does not follow redirects, and gives up on a response after a limit. */
export class Browser {
  /** Cookie values by name, not decoded. */
  readonly cookies: Map<string, string> = new Map()
  readonly #origin: string
  readonly #limit: number

  /**
   * @param origin - Such as `http://127.0.0.1:41234`.
   * @param limit - Milliseconds for a whole response, including its body.
   */
  constructor(origin: string, limit: number = 10_000) {
    this.#origin = origin
    this.#limit = limit
  }

  /** The Cookie header of the next request. */
  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Requests a path with the stored cookies, and stores those of the response. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0) headers.set('cookie', this.cookieHeader)
    const response = await this.#fetch(path, { ...init, headers })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  /** Like {@link request}, but resolves to the body. */
  async text(path: string, init: RequestInit = {}): Promise<string> {
    return (await this.request(path, init)).text()
  }

  /** Requests a path with the given Cookie header instead of the stored cookies, and stores none. */
  requestWith(cookie: string, path: string): Promise<Response> {
    return this.#fetch(path, { headers: { cookie } })
  }

  /** Another user's browser: the same server, no cookies. */
  another(): Browser {
    return new Browser(this.#origin, this.#limit)
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    const controller = new AbortController()
    systemClock.scheduleIdly(this.#limit, () =>
      controller.abort(new Error(`${init.method ?? 'GET'} ${path}: no answer came within ${this.#limit} ms`)),
    )
    return fetch(this.#origin + path, { redirect: 'manual', signal: controller.signal, ...init })
  }

  /** Stores a cookie, or deletes it on `Max-Age=0`, the only form of expiry that the library sends. */
  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split('=')
    if (attributes.includes('Max-Age=0')) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
