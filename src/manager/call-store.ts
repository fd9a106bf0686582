// Every word with a store but `close`, which may take as long as it needs. A store is third-party code with a network
// behind it: it may throw, reject, answer late or never, and answer at once or with a promise of any library. Its records
// are not trusted either: a migration, a bug or a person with access to the database may have changed them. Each is
// checked once per read, so that all later code can rely on the types.

import { isPromise } from '../awaitable.ts'
import type { Clock } from '../contract/clock.ts'
import { SessionDecodeError, SessionError, SessionStoreError } from '../contract/errors.ts'
import type { StoreOperation } from '../contract/errors.ts'
import { findMalformedProperty, ownRecord, recordFormat } from '../contract/record.ts'
import type { Awaitable, SessionRecord, SessionStore } from '../contract/store.ts'

/**
 * Calls the store and turns an exception, a rejection, or no answer within `limit` milliseconds into
 * a {@link SessionStoreError}. A late answer is ignored. A store that answers at once costs no timer
 * and no promise.
 *
 * @throws {@link SessionStoreError} with the store's own error as `cause`; coatcheck's own errors
 * unchanged.
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
    // A native promise stays as it is; a thenable, whose `then` may throw, is wrapped.
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

/**
 * Calls the store and continues with `proceed` or `fail`: at once when the store answers at once, so
 * that a synchronous store costs no promise.
 */
export function settle<Value, Result>(
  { timeout, clock }: { readonly timeout: number; readonly clock: Clock },
  operation: StoreOperation,
  call: () => Awaitable<Value>,
  proceed: (value: Value) => Result,
  fail: (error: unknown) => Result,
): Awaitable<Result> {
  try {
    const answer = callStore(operation, call, timeout, clock)
    return isPromise(answer) ? answer.then(proceed, fail) : proceed(answer)
  } catch (error) {
    return fail(error)
  }
}

function createStoreError(operation: StoreOperation, cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause
  return new SessionStoreError(operation, `the store failed at '${operation}'`, { cause })
}

/**
 * By how much the stored data may exceed `maxSize`: JSON can escape one character into six, and
 * `maxSize` may have been lowered since.
 */
const maxSizeFactor = 8

/**
 * What is wrong with a record that a store returned; `undefined` when it can be used. A record of
 * another format is refused rather than guessed at, and one that is far too large is not parsed, because
 * that would block the process.
 */
export function findDamage(received: SessionRecord, maxSize: number): SessionDecodeError | undefined {
  const record = ownRecord(received)
  if (record.format !== recordFormat)
    return new SessionDecodeError('the stored record is of another format, or damaged')
  const malformed = findMalformedProperty(record)
  if (malformed)
    return new SessionDecodeError(`the stored record is damaged: ${malformed} is missing or malformed`)
  if (record.data.length <= maxSizeFactor * maxSize) return undefined
  return new SessionDecodeError('the stored record is far larger than maxSize')
}

/**
 * Whether a store has a capability beyond the contract, such as `UserIndex`. The presence of the
 * method tells, so that a store needs no registration and may be wrapped.
 */
export function hasCapability<Contract extends object>(
  store: SessionStore,
  method: keyof Contract & string,
): store is SessionStore & Contract {
  return typeof (store as unknown as Record<string, unknown>)[method] === 'function'
}
