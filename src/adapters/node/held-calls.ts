// A handler does not know that the head is held. It goes on writing, piping and ending, and must see
// what node would show it: `false` from `write`, then `drain`; callbacks after the real write. Its calls are
// kept here and repeated afterwards. What comes after its `end` changes nothing any more.

import type { BodyLength } from './body-length.ts'
import { dropCall, emitDrain } from './dropped-calls.ts'
import { LateStatus } from './late-status.ts'
import { createNodeError, isChunk } from './node-response.ts'
import type { NodeResponse, SendMethods } from './node-response.ts'
import { simulateEnd } from './simulated-head.ts'
import type { HeldState, Method } from './simulated-head.ts'

interface HeldCall {
  readonly method: Method
  readonly values: unknown[]
}

/** The calls that came while the head was held, in order. */
export class HeldCalls implements HeldState {
  readonly #response: NodeResponse
  readonly #methods: SendMethods
  readonly #length: BodyLength | undefined
  readonly #calls: HeldCall[] = []
  #replayedCount = 0
  #hasWritten = false
  #isEnded = false
  #lateStatus: LateStatus | undefined

  /** `methods` are those that the calls will be repeated on. */
  constructor(response: NodeResponse, methods: SendMethods, length: BodyLength | undefined) {
    this.#response = response
    this.#methods = methods
    this.#length = length
  }

  /** Whether the handler has ended the response. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Whether a `write` has returned `false` and its caller still waits for `drain`. */
  get needsDrain(): boolean {
    return this.#hasWritten && !this.#isEnded && !this.#response.destroyed
  }

  /** Keeps any call for the release, at its place among the others. */
  keep(method: Method, values: unknown[]): void {
    this.#calls.push({ method, values })
  }

  /** Keeps a chunk. Returns `false`: `drain` follows after the release. */
  write(chunk: string | Uint8Array, encoding: unknown, callback: unknown): false {
    if (this.#isEnded) {
      this.#refuse([encoding, callback])
      return false
    }
    this.#length?.add(chunk, encoding)
    this.#hasWritten = true
    this.keep(this.#methods.write, [chunk, encoding, callback])
    return false
  }

  /** Ends the response as the handler sees it. The body of a second `end` is not sent, as in bare node. */
  end(chunk: unknown, encoding: unknown, callback: unknown): NodeResponse {
    const body = isChunk(chunk) ? chunk : ''
    if (this.#isEnded && body.length > 0) {
      this.#refuse([encoding, callback])
      return this.#response
    }
    if (!this.#isEnded) this.#length?.finish(body, encoding)
    this.keep(this.#methods.end, [chunk, encoding, callback])
    if (!this.#isEnded) this.#lateStatus = new LateStatus(this.#response)
    this.#isEnded = true
    simulateEnd(this.#response)
    return this.#response
  }

  /** Kept like a write, because after the release it decides when the head is sent. */
  flushHeaders(): void {
    if (!this.#isEnded) this.keep(this.#methods.flushHeaders, [])
  }

  /** Shows loggers the status that they would have seen without the wait. */
  hideLateStatus(): void {
    this.#lateStatus?.hide()
  }

  /** Repeats the calls on the response, until node refuses one by throwing. */
  replay(): void {
    let canTakeMore = true
    while (this.#replayedCount < this.#calls.length) {
      const { method, values } = this.#calls[this.#replayedCount++] as HeldCall
      const result = Reflect.apply(method, this.#response, values)
      if (method === this.#methods.write && result === false) canTakeMore = false
    }
    // A `write` that returned `false` just now makes node emit `drain` itself.
    if (canTakeMore && this.needsDrain) process.nextTick(emitDrain, this.#response)
  }

  /** Passes the error to the callbacks of the calls that were not repeated. */
  drop(error: unknown): void {
    for (const { values } of this.#calls.slice(this.#replayedCount)) dropCall(values, error)
  }

  /**
   * Refuses a body after the end through its callback alone. Node's own `error` event would end a process that
   * has no listener, as none is needed where the answer leaves at once and its response closes.
   */
  #refuse(values: unknown[]): void {
    dropCall(values, createNodeError('ERR_STREAM_WRITE_AFTER_END', 'write after end'))
  }
}
