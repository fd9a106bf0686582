export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A minimal browser: keeps cookies, submits forms from its own origin, and does not follow redirects. */
export class Browser {
  readonly cookies = new Map<string, string>()
  address: string

  constructor(address: string) {
    this.address = address
  }

  open(path: string): Promise<Answer> {
    return this.#send(path, {})
  }

  /** Submits a form. `headers` are added to the browser's own and may replace `Origin`. */
  submit(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const origin = { Origin: this.address }
    return this.#send(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { ...origin, ...headers },
    })
  }

  async #send(path: string, options: RequestInit): Promise<Answer> {
    const headers = new Headers(options.headers)
    if (this.cookies.size > 0) headers.set('Cookie', this.#writeCookies())
    const response = await fetch(new URL(path, this.address), { ...options, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keepCookie(line)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  #writeCookies(): string {
    return Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join('; ')
  }

  #keepCookie(line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/)
    const [name = '', value = ''] = pair.split('=')
    if (attributes.includes('Max-Age=0')) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
