// After a failed save the client gets an error response, while the handler goes on writing its own. Its
// calls must not reach the client, and must not block either: a stream piped into the response would
// wait for `drain` forever.

import { EventEmitter } from 'node:events'
import type { Writable } from 'node:stream'
import type { NodeResponse } from './node-response.ts'

/** Discards what a handler writes after the gate has answered in its place. */
export class DroppedCalls {
  readonly #response: NodeResponse
  readonly #error: unknown
  /** What was dropped since the last `drain`. */
  #droppedLength = 0

  constructor(response: NodeResponse, error: unknown) {
    this.#response = response
    this.#error = error
  }

  /**
   * Returns `true` until the high water mark is reached, then `false` with a `drain` on the next turn:
   * a fast source must not starve everything else.
   */
  write(chunk: string | Uint8Array, encoding: unknown, callback: unknown): boolean {
    dropCall([encoding, callback], this.#error)
    const wasPaused = this.#droppedLength >= this.#response.writableHighWaterMark
    this.#droppedLength += chunk.length
    if (this.#droppedLength < this.#response.writableHighWaterMark) return true
    if (!wasPaused) setImmediate(() => this.#drain())
    return false
  }

  /** Discards the last chunk. The response has already ended. */
  end(chunk: unknown, encoding: unknown, callback: unknown): NodeResponse {
    dropCall([chunk, encoding, callback], this.#error)
    // node's pipeline from an iterable ends its target, then waits for `drain` or `finish`; `finish` is over.
    if (this.#response.writableFinished) process.nextTick(() => this.#drain())
    return this.#response
  }

  /** Does nothing: the handler's head will not be sent. */
  flushHeaders(): void {}

  #drain(): void {
    this.#droppedLength = 0
    emitDrain(this.#response)
  }
}

/** Passes the error to the callback among the arguments of a call, if there is one. */
export function dropCall(values: readonly unknown[], error: unknown): void {
  const callback = values.find((value) => typeof value === 'function')
  if (callback) process.nextTick(callback, error)
}

/**
 * Resumes a source that waits for `drain`: emits it to everything that listens for it on the response. Compression middleware may redirect
 * listeners to its own stream, which `on` then returns, while it listens on the response itself. Adding
 * a listener reveals both.
 */
export function emitDrain(response: NodeResponse): void {
  const listenedTo: unknown = response.on('drain', ignore)
  const emitters = new Set([
    response,
    listenedTo instanceof EventEmitter ? (listenedTo as Writable) : response,
  ])
  for (const emitter of emitters) {
    emitter.removeListener('drain', ignore)
    if (!emitter.writableNeedDrain) emitter.emit('drain')
  }
}

function ignore(): void {}
