import { BodyLength } from './body-length.ts'
import { dropCall } from './dropped-calls.ts'
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
  #calls: HeldCall[] = []
  #wrote = false
  #ended = false

  constructor(response: LooseResponse, methods: HeadMethods, length: BodyLength | undefined) {
    this.#response = response
    this.#methods = methods
    this.#length = length
  }

  get ended(): boolean {
    return this.#ended
  }

  get needsDrain(): boolean {
    return this.#wrote && !this.#ended && !this.#response.destroyed
  }

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

  end(chunk: unknown, encoding: unknown, callback: unknown): LooseResponse {
    const body = isChunk(chunk) ? chunk : ''
    if (!this.#ended) this.#length?.finish(body, encoding)
    if (this.#ended && body.length > 0) this.#refuse([encoding, callback])
    else this.keep(this.#methods.end, [chunk, encoding, callback])
    this.#ended = true
    coverEnd(this.#response)
    return this.#response
  }

  flushHeaders(): void {
    this.keep(this.#methods.flushHeaders, [])
  }

  /** Makes the calls. One that node refuses drops those behind it and throws. */
  replay(): void {
    const calls = this.#calls
    let drained = true
    for (let call = calls.shift(); call; call = calls.shift()) {
      const result = Reflect.apply(call.method, this.#response, call.values)
      if (call.method === this.#methods.write && result === false) drained = false
    }
    if (drained && this.needsDrain) process.nextTick(emitDrain, this.#response)
  }

  /** Forgets the calls and tells their callbacks why. */
  drop(error: unknown): void {
    const calls = this.#calls
    this.#calls = []
    for (const call of calls) dropCall(call.values, error)
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

function emitDrain(response: LooseResponse): void {
  if (!response.writableNeedDrain && !response.writableEnded && !response.destroyed) response.emit('drain')
}
