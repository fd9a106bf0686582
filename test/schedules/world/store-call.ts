import type { CallRecord } from '../history.ts'

interface Listener {
  readonly succeed: (value: unknown) => void
  readonly fail: (error: unknown) => void
}

/**
 * A store call between the manager and the store. Its arrival and its answer are two things, and
 * the scheduler decides on each. It is awaited like a promise, but can answer twice.
 */
export class StoreCall {
  readonly record: CallRecord
  readonly #apply: () => unknown
  readonly #listeners: Listener[] = []
  /** Whether the store has done it. */
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
