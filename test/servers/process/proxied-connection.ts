import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** Where a connection is cut, and which request it waits for. */
export interface Cut {
  readonly place: 'request' | 'answer'
  readonly matches: (request: Buffer) => boolean
  /** Called when the connection has been cut. */
  readonly done: () => void
}

/** What a connection asks before it forwards anything. */
export interface Line {
  /** Resolves when the next chunk may go on. */
  hold(): Promise<void>
  /** The cut that this request meets, if one is planned. It meets no other. */
  takeCut(request: Buffer): Cut | undefined
}

/** One connection of a client and the one to the server that it is forwarded to. */
export class ProxiedConnection {
  /** Resolves when both are closed. */
  readonly closed: Promise<void>
  readonly #client: Socket
  readonly #server: Socket
  readonly #line: Line
  #cut: Cut | undefined

  constructor(client: Socket, targetPort: number, line: Line) {
    this.#client = client
    this.#line = line
    this.#server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    // A connection that one side has lost is reset on the other; a server that is not there likewise.
    for (const socket of [this.#client, this.#server]) socket.on('error', () => this.reset())
    const ends = [this.#client, this.#server].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    )
    this.closed = Promise.all(ends).then(() => {})
    void this.#forward(this.#client, this.#server, (request) => this.#mayReachServer(request))
    void this.#forward(this.#server, this.#client, () => this.#mayReachClient())
  }

  /**
   * Resets both sides at once, whatever was under way. A socket that has sent its end cannot be reset: libuv refuses
   * to while that is under way, and node 24 then never gets rid of the handle and hangs when the process exits.
   */
  reset(): void {
    for (const socket of [this.#client, this.#server]) {
      if (socket.connecting || socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    }
  }

  /** Forwards chunk by chunk, so that none overtakes another, and the end of the stream after the last. */
  async #forward(from: Socket, to: Socket, mayGoOn: (chunk: Buffer) => boolean): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#line.hold()
        if (!mayGoOn(chunk)) return
        if (!to.write(chunk)) await Promise.race([once(to, 'drain'), this.closed])
      }
      await this.#line.hold()
      to.end()
    } catch {
      this.reset()
    }
  }

  #mayReachServer(request: Buffer): boolean {
    this.#cut ??= this.#line.takeCut(request)
    return this.#cut?.place !== 'request' || this.#makeCut(this.#cut)
  }

  /** The server answers when it has done what was asked. */
  #mayReachClient(): boolean {
    return !this.#cut || this.#makeCut(this.#cut)
  }

  #makeCut(cut: Cut): false {
    this.reset()
    cut.done()
    return false
  }
}
