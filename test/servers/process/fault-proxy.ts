import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { Random } from '../../schedules/decisions.ts'
import { findFreePort } from './free-port.ts'
import { ProxiedConnection } from './proxied-connection.ts'
import type { Cut, Line } from './proxied-connection.ts'

/** How long each chunk is held back: so many milliseconds, or seeded ones between two bounds. */
export type Delay = number | { readonly from: number; readonly to: number; readonly seed: number }

/** What happens to the chunks at the moment. When it ends, those that are held back are decided anew. */
interface Mode {
  readonly name: 'pass' | 'refuse' | 'delay' | 'stall'
  /** Milliseconds for the next chunk. */
  readonly nextDelay: () => number
  readonly ended: AbortController
}

/**
 * A network that fails on demand: a TCP proxy between a client and a real server, on a free loopback
 * port. Every change of its behaviour holds at once, for the connections that exist as well.
 */
export class FaultProxy implements Line {
  readonly #server: Server
  readonly #connections = new Set<ProxiedConnection>()
  readonly #targetPort: number
  #mode: Mode = createMode('pass')
  #cut: Cut | undefined

  /** What clients connect to instead of the server. */
  readonly port: number

  private constructor(port: number, targetPort: number) {
    this.port = port
    this.#targetPort = targetPort
    // Half-open, because the end of a stream is delayed and stalled like its chunks.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
  }

  /** Starts a proxy that lets everything pass to a port of this machine. */
  static async start(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(await findFreePort(), targetPort)
    await proxy.plugIn()
    return proxy
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#connections.size
  }

  /** Lets everything pass, beginning with what was held back. */
  pass(): void {
    this.#enter(createMode('pass'))
  }

  /** Resets every connection, and each new one as soon as it is made, as a balancer does without its server. */
  refuse(): void {
    this.#enter(createMode('refuse'))
    this.closeConnections()
  }

  /** Resets every connection and stops listening: new ones are refused, as by a machine without the server. */
  async unplug(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.closeConnections()
    await closed
  }

  /** Listens again. */
  async plugIn(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Holds each chunk back for a while, in both directions. Each direction keeps its order. */
  delay(delay: Delay): void {
    if (typeof delay === 'number') return this.#enter(createMode('delay', () => delay))
    const random = new Random(delay.seed)
    this.#enter(createMode('delay', () => delay.from + random.below(delay.to - delay.from + 1)))
  }

  /** Accepts connections and everything that is sent, and forwards nothing. */
  stall(): void {
    this.#enter(createMode('stall'))
  }

  /**
   * Ambiguous once. `'answer'`: the next request reaches the server, but its answer never the client,
   * whose connection is reset. `'request'`: the reset comes before the request has reached the server.
   * Requests are the chunks that clients send; connections must have no other request under way.
   *
   * @param matches - Which request counts as the next one; any, by default.
   * @returns A promise that resolves when the connection has been cut.
   */
  cutAt(place: Cut['place'], matches: (request: Buffer) => boolean = () => true): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#cut = { place, matches, done: resolve }
    return promise
  }

  /** Forgets a cut that no request has met yet. */
  cancelCut(): void {
    this.#cut = undefined
  }

  /** Resets the connections that exist; new ones are served. */
  closeConnections(): void {
    for (const connection of this.#connections) connection.reset()
  }

  /** Ends it with all its connections. */
  async stop(): Promise<void> {
    this.refuse()
    await this.unplug()
  }

  /** @internal */
  takeCut(request: Buffer): Cut | undefined {
    if (!this.#cut?.matches(request)) return undefined
    const cut = this.#cut
    this.#cut = undefined
    return cut
  }

  /** @internal */
  async hold(): Promise<void> {
    for (;;) {
      const mode = this.#mode
      if (mode.name === 'pass' || mode.name === 'refuse') return
      const delay = mode.name === 'stall' ? undefined : mode.nextDelay()
      if (await isOver(mode.ended.signal, delay)) return
    }
  }

  #enter(mode: Mode): void {
    const previous = this.#mode
    this.#mode = mode
    previous.ended.abort()
  }

  #accept(client: Socket): void {
    if (this.#mode.name === 'refuse') {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const connection = new ProxiedConnection(client, this.#targetPort, this)
    this.#connections.add(connection)
    void connection.closed.then(() => this.#connections.delete(connection))
  }
}

function createMode(name: Mode['name'], nextDelay: Mode['nextDelay'] = () => 0): Mode {
  return { name, nextDelay, ended: new AbortController() }
}

/** Waits until the time is over, which is `true`, or the mode has ended. Without a time, until the latter. */
async function isOver(ended: AbortSignal, milliseconds: number | undefined): Promise<boolean> {
  if (milliseconds !== undefined) {
    return wait(milliseconds, true, { signal: ended, ref: false }).catch(() => false)
  }
  if (!ended.aborted) await new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }))
  return false
}
