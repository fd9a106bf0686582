import type { Clock } from '../clock.ts'
import { SessionError, SessionStoreError } from '../errors.ts'
import type { StoreOperation } from '../errors.ts'
import type { Awaitable } from '../store.ts'

/**
 * Calls the store and turns its trouble into a {@link SessionStoreError}: a refusal, an exception,
 * or no answer within `limit` milliseconds. A late answer is ignored. A store that answers at once
 * pays for no timer and no promise.
 */
export function callStore<Value>(
  operation: StoreOperation,
  call: () => Awaitable<Value>,
  limit: number,
  clock: Clock,
): Awaitable<Value> {
  let pending: Promise<Value>
  try {
    const answer = call()
    if (!isPromise(answer)) return answer
    // The promise itself, or one around what only looks like it: its `then` may throw.
    pending = Promise.resolve(answer)
  } catch (error) {
    throw storeError(operation, error)
  }
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(limit, () => {
      reject(new SessionStoreError(operation, `the store did not answer '${operation}' within ${limit} ms`))
    })
    pending.then(
      (value) => (cancel(), resolve(value)),
      (error: unknown) => (cancel(), reject(storeError(operation, error))),
    )
  })
}

export function isPromise<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<Value>).then === 'function'
}

function storeError(operation: StoreOperation, cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause
  return new SessionStoreError(operation, `the store failed at '${operation}'`, { cause })
}
