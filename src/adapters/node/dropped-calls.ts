import type { LooseResponse } from './loose-response.ts'

/** Swallows what a handler writes after the gate has answered in its stead. */
export class DroppedCalls {
  readonly #response: LooseResponse
  readonly #error: unknown

  constructor(response: LooseResponse, error: unknown) {
    this.#response = response
    this.#error = error
  }

  /** Returns `true`: nobody has to wait for a drain. */
  write(_chunk: unknown, encoding: unknown, callback: unknown): true {
    dropCall([encoding, callback], this.#error)
    return true
  }

  end(chunk: unknown, encoding: unknown, callback: unknown): LooseResponse {
    dropCall([chunk, encoding, callback], this.#error)
    // Node's pipeline from an iterable waits for one more drain after it has ended its target.
    process.nextTick(() => this.#response.emit('drain'))
    return this.#response
  }

  flushHeaders(): void {}
}

/** Tells the callback among the values of a call, if there is one, that the call came to nothing. */
export function dropCall(values: readonly unknown[], error: unknown): void {
  const callback = values.find((value) => typeof value === 'function')
  if (callback) process.nextTick(callback as (error: unknown) => void, error)
}
