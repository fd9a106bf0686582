// The interface between holding a head back and what happens meanwhile. A gate knows nothing of how
// node sends responses, and the files that hold the head know nothing of sessions.

import type { ServerResponse } from 'node:http'

/**
 * The head that is about to be sent, editable until then. Methods see the effective headers: those set
 * with `setHeader` together with those passed to `writeHead`.
 */
export interface ResponseHead {
  /** The status that the handler chose. */
  readonly status: number
  /** The value as it would be sent; several values are joined with `', '`. */
  getHeader(name: string): string | undefined
  /** Replaces the header, whether it was set or passed to `writeHead`. */
  setHeader(name: string, value: string): void
  /** Removes the header, whether it was set or passed to `writeHead`. */
  removeHeader(name: string): void
  /** The names of all headers, in lower case. */
  getHeaderNames(): readonly string[]
  /** Adds a header line and keeps the handler's, as Set-Cookie needs it. */
  appendHeader(name: string, value: string): void
}

/** What has to happen before the head of a response is sent. */
export interface HeadGate {
  /** Called once, when the head is about to be sent. A promise holds the head back until it settles. */
  open(head: ResponseHead): void | Promise<void>
  /**
   * The last word: called once after `open`, when node takes the head and every other middleware has changed it.
   * Not called when `open` failed. Where a runtime shows no such moment, it is called at once after `open`.
   */
  finish?(head: ResponseHead): void
  /**
   * Asked after an `open` that did not wait, if `writeHead` was called and no byte follows yet: whether what `finish`
   * does may still change. If so, it is called before the first byte.
   */
  isUndecided?(): boolean
  /** Called instead of `open` when the connection closes before the head was to be sent. `open` may follow. */
  abandon?(): void
  /**
   * Called when `open` failed, or when node refused the held head. Nothing has been sent, the handler's
   * headers and body are discarded, and the status is 500.
   *
   * Must end the response before it returns: until the response has ended, the handler's own calls would
   * be sent along with this answer. Afterwards they are dropped.
   */
  fail(error: unknown, response: ServerResponse): void
}
