import type { CallRecord } from '../history.ts'

interface Listener {
  readonly succeed: (value: unknown) => void
  readonly fail: (error: unknown) => void
}

/**
 * A store call between the manager and the store. The scheduler decides separately when it arrives and
 * when it is answered. It can be awaited like a promise, but can answer twice.
 */
export class StoreCall {
  readonly record: CallRecord
  readonly #apply: () => unknown
  readonly #listeners: Listener[] = []
  /** Whether it has reached the store. */
  hasArrived = false
  #answer: unknown

  constructor(record: CallRecord, apply: () => unknown) {
    this.record = record
    this.#apply = apply
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a promise cannot answer twice
  then(succeed: Listener['succeed'], fail: Listener['fail']): void {
    this.#listeners.push({ succeed, fail })
  }

  arrive(): void {
    this.hasArrived = true
    this.#answer = this.#apply()
  }

  answer(): void {
    const answer = this.#answer
    for (const { succeed } of this.#listeners) queueMicrotask(() => succeed(answer))
  }

  refuse(): void {
    const error = new Error(`the store failed at ${this.record.verb}`)
    for (const { fail } of this.#listeners) queueMicrotask(() => fail(error))
  }
}
