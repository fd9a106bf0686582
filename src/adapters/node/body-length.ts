// Under `strictContentLength` node compares a body with its Content-Length at each call. A held call
// reaches node only after the release, when the handler can no longer catch the error, so the length is
// checked here as well.

import type { ResponseHead } from './head-gate.ts'
import { createNodeError } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'

/** Measures a held body against its Content-Length, so that a mismatch throws at the handler's own call. */
export class BodyLength {
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

/** The length to hold the body to, or `undefined` where node would not check it. */
export function expectBodyLength(response: NodeResponse, head: ResponseHead): BodyLength | undefined {
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
