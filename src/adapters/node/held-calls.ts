// A handler does not know that the head is held. It goes on writing, piping and ending, and must see
// what node would show it: `false` from `write`, then `drain`; callbacks after the real write. Its calls are
// kept here and repeated afterwards. What comes after its `end` changes nothing any more.

import { dropCall, emitDrain } from './dropped-calls.ts'
import type { ResponseHead } from './head-gate.ts'
import { createNodeError, isChunk, isHttp2 } from './node-response.ts'
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

interface Status {
  readonly statusCode: number
  readonly statusMessage: string | undefined
}

/**
 * The status of a response as of the tick after the handler's end, when loggers read it: bare node has sent the answer by
 * then. An error handler that says 500 in vain while the head is held must not end up in the log.
 */
class LateStatus {
  readonly #response: NodeResponse
  #timely: Status | undefined

  constructor(response: NodeResponse) {
    this.#response = response
    process.nextTick(() => (this.#timely ??= readStatus(response)))
  }

  /** Puts back what was set in time, until the response has finished. */
  hide(): void {
    const response = this.#response
    const late = readStatus(response)
    const timely = (this.#timely ??= late)
    if (late.statusCode === timely.statusCode && late.statusMessage === timely.statusMessage) return
    writeStatus(response, timely)
    // Loggers were there before.
    response.once('finish', () => writeStatus(response, late))
  }
}

function readStatus(response: NodeResponse): Status {
  const { statusCode } = response
  return { statusCode, statusMessage: isHttp2(response) ? undefined : response.statusMessage }
}

function writeStatus(response: NodeResponse, { statusCode, statusMessage }: Status): void {
  response.statusCode = statusCode
  if (!isHttp2(response)) response.statusMessage = statusMessage as string
}

/** The length to hold the body to, or `undefined` where node would not check it. */
export function expectBodyLength(response: NodeResponse, head: ResponseHead): BodyLength | undefined {
  if (!response.strictContentLength || response.req.method === 'HEAD') return undefined
  if (head.status < 200 || head.status === 204 || head.status === 304) return undefined
  const expected = head.getHeader('content-length')
  if (expected === undefined || head.getHeader('transfer-encoding') !== undefined) return undefined
  return new BodyLength(Number(expected))
}

/**
 * Measures a held body against its Content-Length, as node does at each call under `strictContentLength`: a held call
 * reaches node only when the handler can no longer catch the error.
 */
class BodyLength {
  readonly #expected: number
  #written = 0

  constructor(expected: number) {
    this.#expected = expected
  }

  /**
   * Counts a chunk.
   *
   * @throws node's ERR_HTTP_CONTENT_LENGTH_MISMATCH when the body is longer than the header says.
   */
  add(chunk: string | Uint8Array, encoding: unknown): void {
    const written = this.#written + measure(chunk, encoding)
    if (written > this.#expected) throw this.#createError(written)
    this.#written = written
  }

  /**
   * Counts the last chunk.
   *
   * @throws node's ERR_HTTP_CONTENT_LENGTH_MISMATCH when the whole body has another length.
   */
  finish(chunk: string | Uint8Array, encoding: unknown): void {
    const written = this.#written + measure(chunk, encoding)
    if (written !== this.#expected) throw this.#createError(written)
  }

  #createError(written: number): Error {
    const message =
      `Response body's content-length of ${written} byte(s) does not match ` +
      `the content-length of ${this.#expected} byte(s) set in header`
    return createNodeError('ERR_HTTP_CONTENT_LENGTH_MISMATCH', message)
  }
}

function measure(chunk: string | Uint8Array, encoding: unknown): number {
  if (typeof chunk !== 'string') return chunk.byteLength
  return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined)
}
