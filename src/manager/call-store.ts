// Every call of a store goes through here. A store is somebody else's code behind somebody else's
// network: it may throw, reject, answer late or never, at once or as a promise of any make.

import type { Clock } from '../clock.ts'
import { SessionError, SessionStoreError } from '../errors.ts'
import type { StoreOperation } from '../errors.ts'
import { isPromise } from '../is-promise.ts'
import type { Awaitable } from '../store.ts'

/**
 * Calls the store and turns its trouble into a {@link SessionStoreError}: an exception, a rejection, or
 * no answer within `limit` milliseconds. A late answer is ignored. A store that answers at once pays
 * for no timer and no promise.
 *
 * @throws {@link SessionStoreError} with the store's own error as `cause`; errors of coatcheck as they
 * are.
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
    throw createStoreError(operation, error)
  }
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(limit, () => {
      reject(new SessionStoreError(operation, `the store did not answer '${operation}' within ${limit} ms`))
    })
    pending.then(
      (value) => (cancel(), resolve(value)),
      (error: unknown) => (cancel(), reject(createStoreError(operation, error))),
    )
  })
}

function createStoreError(operation: StoreOperation, cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause
  return new SessionStoreError(operation, `the store failed at '${operation}'`, { cause })
}
