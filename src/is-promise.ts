import type { Awaitable } from './store.ts'

/** Whether an answer is still to come. By its `then`, so that a driver's own promises count. */
export function isPromise<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<Value>).then === 'function'
}
