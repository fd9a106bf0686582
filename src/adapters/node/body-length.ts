// Node checks a body against its Content-Length at the call, when asked to. A held call would be
// checked at the release only, where the handler can no longer catch it.

import type { ResponseHead } from './head-gate.ts'
import type { LooseResponse } from './loose-response.ts'
import { createNodeError } from './node-error.ts'

/** Counts a held body under `strictContentLength`, so that a wrong length throws at the handler's own call. */
export class BodyLength {
  readonly #expected: number
  #written = 0

  constructor(expected: number) {
    this.#expected = expected
  }

  /** Counts a piece. @throws as node does when that is more than the header says */
  add(chunk: string | Uint8Array, encoding: unknown): void {
    const written = this.#written + measure(chunk, encoding)
    if (written > this.#expected) throw this.#createError(written)
    this.#written = written
  }

  /** Counts the last piece. @throws as node does when the sum is another */
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

/** The length to hold the body to, if node would. */
export function expectBodyLength(response: LooseResponse, head: ResponseHead): BodyLength | undefined {
  if (!response.strictContentLength || response.req.method === 'HEAD') return undefined
  if (head.status < 200 || head.status === 204 || head.status === 304) return undefined
  const expected = head.getHeader('content-length')
  if (expected === undefined || head.getHeader('transfer-encoding') !== undefined) return undefined
  return new BodyLength(Number(expected))
}

function measure(chunk: string | Uint8Array, encoding: unknown): number {
  if (typeof chunk !== 'string') return chunk.byteLength
  return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined)
}
