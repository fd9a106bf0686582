// In bare node an answer that was handed over with `end` has reached the operating system when `end` returns,
// and arrives even if the connection is destroyed a moment later. Express, for one, does that when an error
// handler has answered and passes the error on (expressjs/session#492). While a head is held the answer is still
// here, so the destruction waits until it has been sent.

import type { ServerHttp2Stream } from 'node:http2'
import { isHttp2 } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'

/** Whatever can be destroyed: a response, its socket, or its http2 stream. */
interface Destructible {
  destroy(error?: Error): unknown
  readonly destroyed?: boolean
}

/** Delays `destroy` on a response and on what carries it, from the handler's `end` to the real one. */
export class DelayedDestruction {
  readonly #response: NodeResponse
  readonly #carrier: Destructible | undefined
  readonly #restore: (() => void)[] = []
  #isAsked = false
  #isLifted = false
  #error: Error | undefined

  constructor(response: NodeResponse) {
    this.#response = response
    // A pipelined response has no socket before its turn: the one of its request still carries another.
    const carrier: Partial<Destructible> | null = isHttp2(response) ? response.stream : response.socket
    this.#carrier = typeof carrier?.destroy === 'function' ? (carrier as Destructible) : undefined
    this.#delay(response)
    if (this.#carrier) this.#delay(this.#carrier)
  }

  /** Lets `destroy` work again. If it was called meanwhile, that happens once the answer has been sent. */
  lift(): void {
    this.#isLifted = true
    const response = this.#response
    const [carrier, error] = [this.#carrier, this.#error]
    if (!isHttp2(response)) {
      this.#restoreAll()
      if (this.#isAsked) response.once('finish', () => (carrier ?? response).destroy(error))
      return
    }
    const { stream } = response
    if (this.#isAsked) whenFinished(stream, () => afterSending(() => this.#end(stream)))
    else afterSending(() => this.#end(stream))
  }

  /** The answer has left an http2 stream. One that has not closed by itself waits for the rest of its request. */
  #end(stream: ServerHttp2Stream): void {
    this.#restoreAll()
    if (this.#isAsked) stream.destroy(this.#error)
  }

  #restoreAll(): void {
    for (const restore of this.#restore.toReversed()) restore()
  }

  #delay(target: Destructible): void {
    const former = Object.getOwnPropertyDescriptor(target, 'destroy')
    const { destroy } = target
    const delayed = (error?: Error): unknown => {
      const isUnfinished = this.#isLifted && !this.#response.writableEnded
      if (isUnfinished || isGone(this.#response, this.#carrier, error))
        return Reflect.apply(destroy, target, [error])
      this.#isAsked = true
      this.#error ??= error
      return target
    }
    Object.defineProperty(target, 'destroy', { configurable: true, writable: true, value: delayed })
    this.#restore.push(() => {
      if (target.destroy !== delayed) return
      if (former) Object.defineProperty(target, 'destroy', former)
      else Reflect.deleteProperty(target, 'destroy')
    })
  }
}

/** Node passes an http2 answer on to its native part at once, which sends it in the turn after. */
function afterSending(act: () => void): void {
  setImmediate(() => void setImmediate(act))
}

function whenFinished(stream: ServerHttp2Stream, act: () => void): void {
  if (stream.writableFinished) act()
  else stream.once('finish', act)
}

/** Whether the client has left, so that node itself is cleaning up: nobody waits for the answer any more. */
function isGone(response: NodeResponse, carrier: Destructible | undefined, error: unknown): boolean {
  if (typeof (error as NodeJS.ErrnoException | undefined)?.syscall === 'string') return true
  if (isHttp2(response)) {
    const { aborted, closed, destroyed, session } = response.stream
    return aborted || closed || destroyed || session?.destroyed !== false
  }
  return carrier !== undefined && (carrier.destroyed === true || Reflect.get(carrier, 'writable') === false)
}
