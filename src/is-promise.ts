// Stores may answer at once or later, and some drivers have promises of their own: everything asks here.

import type { Awaitable } from './store.ts'

/** Whether an answer is a promise. Any object with `then` counts: some drivers have promises of their own. */
export function isPromise<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<Value>).then === 'function'
}
