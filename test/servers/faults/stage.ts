import assert from 'node:assert/strict'
import type { Duration } from '../../../src/duration.ts'
import { hashToken } from '../../../src/id/hash.ts'
import type { Address, Engine, RunningEngine } from '../engine.ts'
import { throughProxies } from '../engine.ts'
import { Application } from '../process/application.ts'
import { FaultProxy } from '../process/fault-proxy.ts'
import { visit } from '../process/visit.ts'
import type { Answer, VisitOptions } from '../process/visit.ts'
import type { LoggedEvent } from './shop.ts'

/** A database, a proxy before each of its servers, and an application that knows only the proxies. */
export class Stage {
  readonly running: RunningEngine
  readonly proxies: readonly FaultProxy[]
  /** The address through the proxies. */
  readonly address: Address
  #shop: Application | undefined
  #nextGate = 0

  private constructor(running: RunningEngine, proxies: readonly FaultProxy[]) {
    this.running = running
    this.proxies = proxies
    this.address = throughProxies(
      running.address,
      proxies.map(({ port }) => port),
    )
  }

  /** Starts the database and the proxies. */
  static async open(engine: Engine): Promise<Stage> {
    const running = await engine.start()
    const { ports } = running.address
    return new Stage(running, await Promise.all(ports.map((port) => FaultProxy.start(port))))
  }

  /** Starts the shop of shop.ts. */
  async startShop(timeout: Duration): Promise<void> {
    const parameter = { address: this.address, timeout }
    this.#shop = await Application.start(new URL('shop.ts', import.meta.url), parameter)
  }

  /** The shop's process. */
  get shop(): Application {
    assert.ok(this.#shop, 'the shop was not started')
    return this.#shop
  }

  /** Sends a request to the shop. Rejects, with what the shop has printed, when it has ended. */
  async visit(path: string, options: VisitOptions = {}): Promise<Answer> {
    const { shop } = this
    try {
      return await visit(shop.port, path, options)
    } catch (cause) {
      throw new Error(`the shop ${shop.isRunning ? 'does not answer' : 'has ended'}: ${shop.output}`, {
        cause,
      })
    }
  }

  post(path: string, cookie: string | undefined): Promise<Answer> {
    return this.visit(path, { method: 'POST', cookie })
  }

  /** Sends a request whose handler waits, with its session loaded, until the returned function is called. */
  async hold(path: string, cookie: string | undefined): Promise<() => Promise<Answer & { saving: number }>> {
    this.#nextGate += 1
    const gate = `gate=${this.#nextGate}`
    const answer = this.post(`${path}${path.includes('?') ? '&' : '?'}${gate}`, cookie)
    await this.visit(`/control/arrived?${gate}`)
    return async () => {
      const begin = performance.now()
      await this.visit(`/control/open?${gate}`)
      return { ...(await answer), saving: performance.now() - begin }
    }
  }

  /** The events since the last time. */
  async takeEvents(): Promise<readonly LoggedEvent[]> {
    return JSON.parse((await this.visit('/control/events')).body) as LoggedEvent[]
  }

  /** How many commits the store was asked for since the last time. */
  async takeCommits(): Promise<number> {
    return Number((await this.visit('/control/commits')).body)
  }

  async close(): Promise<void> {
    await this.#shop?.stop()
    for (const server of this.running.servers) server.thaw()
    await Promise.all(this.proxies.map((proxy) => proxy.stop()))
    await this.running.stop()
  }
}

/** The cookie that an answer sets, as the next request sends it. */
export function cookieOf({ setCookies }: Answer): string {
  const [pair] = (setCookies[0] ?? '').split(';')
  assert.match(pair ?? '', /^session_id=[0-9a-f]{64}$/)
  return pair ?? ''
}

/** Everything that no log may show of the session of a cookie. */
export function secretsOf(cookie: string): readonly string[] {
  const token = cookie.slice(cookie.indexOf('=') + 1)
  const { key, verifierHash } = hashToken('session_id', token)
  return [token.slice(0, 32), token.slice(32), key, verifierHash]
}
