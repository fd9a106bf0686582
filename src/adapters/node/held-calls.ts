// A handler does not know that the head is held. It goes on writing, pipes, ends, and must see what
// node would show it: `false` from `write`, then a `drain`; callbacks after the real write; an
// error for a write after the end. What it did is kept here and done afterwards.

import { BodyLength } from './body-length.ts'
import { dropCall } from './dropped-calls.ts'
import { emitDrain } from './emit-drain.ts'
import { coverEnd, type HeldState, type Method } from './held-surface.ts'
import { isChunk, isHttp2, type HeadMethods, type LooseResponse } from './loose-response.ts'
import { createNodeError } from './node-error.ts'

interface HeldCall {
  readonly method: Method
  readonly values: unknown[]
}

/** The calls that came while the head was held, in their order. */
export class HeldCalls implements HeldState {
  readonly #response: LooseResponse
  readonly #methods: HeadMethods
  readonly #length: BodyLength | undefined
  readonly #calls: HeldCall[] = []
  #replayed = 0
  #wrote = false
  #ended = false

  constructor(response: LooseResponse, methods: HeadMethods, length: BodyLength | undefined) {
    this.#response = response
    this.#methods = methods
    this.#length = length
  }

  /** Whether the handler has ended the response. */
  get ended(): boolean {
    return this.#ended
  }

  /** Whether somebody was told `false` and still waits for a drain. */
  get needsDrain(): boolean {
    return this.#wrote && !this.#ended && !this.#response.destroyed
  }

  /** Keeps any call for the release, at its place among the others. */
  keep(method: Method, values: unknown[]): void {
    this.#calls.push({ method, values })
  }

  /** Returns `false`: a drain follows. */
  write(chunk: string | Uint8Array, encoding: unknown, callback: unknown): false {
    if (this.#ended) return this.#refuse([encoding, callback])
    this.#length?.add(chunk, encoding)
    this.#wrote = true
    this.keep(this.#methods.write, [chunk, encoding, callback])
    return false
  }

  /** Ends the response as the handler sees it. A second `end` with a body is refused as node does it. */
  end(chunk: unknown, encoding: unknown, callback: unknown): LooseResponse {
    const body = isChunk(chunk) ? chunk : ''
    if (!this.#ended) this.#length?.finish(body, encoding)
    if (this.#ended && body.length > 0) this.#refuse([encoding, callback])
    else this.keep(this.#methods.end, [chunk, encoding, callback])
    this.#ended = true
    coverEnd(this.#response)
    return this.#response
  }

  /** Kept like a write: it decides when the head leaves after the release. */
  flushHeaders(): void {
    this.keep(this.#methods.flushHeaders, [])
  }

  /** Makes the calls, until node refuses one by throwing. */
  replay(): void {
    let drained = true
    while (this.#replayed < this.#calls.length) {
      const { method, values } = this.#calls[this.#replayed++] as HeldCall
      const result = Reflect.apply(method, this.#response, values)
      if (method === this.#methods.write && result === false) drained = false
    }
    if (drained && this.needsDrain) process.nextTick(emitDrain, this.#response)
  }

  /** Tells the callbacks of the calls that were not made why. */
  drop(error: unknown): void {
    for (const { values } of this.#calls.slice(this.#replayed)) dropCall(values, error)
  }

  // As node does it: the callback hears of it, then whoever listens to errors.
  #refuse(values: unknown[]): false {
    const error = createNodeError('ERR_STREAM_WRITE_AFTER_END', 'write after end')
    const response = this.#response
    dropCall(values, error)
    if (isHttp2(response)) response.destroy(error)
    else process.nextTick(() => response.destroyed || response.emit('error', error))
    return false
  }
}
