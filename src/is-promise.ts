import type { Awaitable } from './store.ts'

/** Whether an answer is still pending. Any object with a `then` method counts, since drivers bring promises of their own. */
export function isPromise<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<Value>).then === 'function'
}
