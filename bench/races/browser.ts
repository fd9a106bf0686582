import { visit } from './client.ts'
import type { Answer } from './client.ts'

/** Keeps the one cookie as a browser does: the last Set-Cookie that arrives decides. */
export class Browser {
  readonly #port: number
  #cookie: string | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** The Cookie header it would send now. */
  get cookie(): string | undefined {
    return this.#cookie
  }

  /** The cookie is chosen now; the answer's is applied when it arrives. */
  async visit(path: string): Promise<Answer> {
    const answer = await visit(this.#port, path, this.#cookie)
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body}`)
    for (const line of answer.setCookies) this.#apply(line)
    return answer
  }

  async ask<Value>(path: string): Promise<Value> {
    return JSON.parse((await this.visit(path)).body) as Value
  }

  #apply(line: string): void {
    const [pair, ...attributes] = line.split(/;\s*/)
    const isRemoval = attributes.some((attribute) => /^max-age=0$/i.test(attribute))
    this.#cookie = isRemoval ? undefined : pair
  }
}
