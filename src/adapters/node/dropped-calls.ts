// After a failed save the client gets the failure, while the handler still writes its own answer.
// Its calls must neither reach the client nor block: a source that is piped in would wait for a
// drain for ever.

import { emitDrain } from './emit-drain.ts'
import type { LooseResponse } from './loose-response.ts'

/** Swallows what a handler writes after the gate has answered in its stead. */
export class DroppedCalls {
  readonly #response: LooseResponse
  readonly #error: unknown
  #swallowed = 0

  constructor(response: LooseResponse, error: unknown) {
    this.#response = response
    this.#error = error
  }

  /** Returns `true`, until a source has written so much that it must let others have their turn. */
  write(chunk: string | Uint8Array, encoding: unknown, callback: unknown): boolean {
    dropCall([encoding, callback], this.#error)
    const pausing = this.#swallowed >= this.#response.writableHighWaterMark
    this.#swallowed += chunk.length
    if (this.#swallowed < this.#response.writableHighWaterMark) return true
    if (!pausing) setImmediate(() => this.#drain())
    return false
  }

  /** Swallows the last piece. The response has ended already. */
  end(chunk: unknown, encoding: unknown, callback: unknown): LooseResponse {
    dropCall([chunk, encoding, callback], this.#error)
    // Node's pipeline from an iterable ends its target, then waits for a drain or the finish: that one is over.
    if (this.#response.writableFinished) process.nextTick(() => this.#drain())
    return this.#response
  }

  /** There is no head of the handler's any more. */
  flushHeaders(): void {}

  #drain(): void {
    this.#swallowed = 0
    emitDrain(this.#response)
  }
}

/** Tells the callback among the values of a call, if there is one, that the call came to nothing. */
export function dropCall(values: readonly unknown[], error: unknown): void {
  const callback = values.find((value) => typeof value === 'function')
  if (callback) process.nextTick(callback, error)
}
