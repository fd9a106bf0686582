import type { ServerProcess } from '../start-server.ts'
import { visit } from './client.ts'
import type { Answer } from './client.ts'

/** Keeps the one cookie as a browser does: the last Set-Cookie that arrives decides. */
export class Browser {
  #cookie: string | undefined

  /** The Cookie header it would send now. */
  get cookie(): string | undefined {
    return this.#cookie
  }

  /** The cookie is chosen now; the answer's is applied when it arrives. */
  async visit(server: ServerProcess, path: string, statuses: readonly number[] = [200]): Promise<Answer> {
    const answer = await visit(server.port, path, this.#cookie)
    if (!statuses.includes(answer.status))
      throw new Error(`${path} answered ${answer.status}: ${answer.body}`)
    for (const line of answer.setCookies) this.#apply(line)
    return answer
  }

  async ask<Value>(server: ServerProcess, path: string): Promise<Value> {
    return JSON.parse((await this.visit(server, path)).body) as Value
  }

  #apply(line: string): void {
    const [pair, ...attributes] = line.split(/;\s*/)
    const isRemoval = attributes.some((attribute) => /^max-age=0$/i.test(attribute))
    this.#cookie = isRemoval ? undefined : pair
  }
}

/** A browser with a stored session. */
export async function openSession(server: ServerProcess): Promise<Browser> {
  const browser = new Browser()
  await browser.visit(server, '/set?name=color&value=red')
  return browser
}
