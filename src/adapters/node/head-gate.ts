// The two sides of holding a head: what holds it, and what is done meanwhile. The gate knows
// nothing of node's responses, and the rest of this folder nothing of sessions.

import type { ServerResponse } from 'node:http'

/**
 * What the head will be, editable until it leaves. Reads and writes the effective headers: those set
 * with `setHeader` and those given to `writeHead`.
 */
export interface ResponseHead {
  /** The status the handler chose. */
  readonly status: number
  /** The value as it would be sent; several are joined with `', '`. */
  getHeader(name: string): string | undefined
  /** Replaces the header, whoever set it. */
  setHeader(name: string, value: string): void
  /** Adds a further line, as Set-Cookie needs it, and keeps the handler's. */
  appendHeader(name: string, value: string): void
}

/** What has to happen before the head of a response leaves. */
export interface HeadGate {
  /** Called once, when the head is about to leave. A promise holds the head back until it settles. */
  open(head: ResponseHead): void | Promise<void>
  /**
   * `open` failed, or node refused the head that was held. Nothing has left, the handler's headers are
   * removed, what it wrote is dropped, and the status is 500.
   *
   * Must end the response before it returns: from then on the handler's calls are dropped. As long as the
   * response is not ended, they would go out with the answer.
   */
  fail(error: unknown, response: ServerResponse): void
}
