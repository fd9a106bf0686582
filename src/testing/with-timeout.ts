// A limit for something that may never settle, such as a store that does not answer. It exists to
// fail instead of hanging, not to judge how long anything takes.

import { systemClock } from '../contract/clock.ts'
import type { Awaitable } from '../contract/store.ts'

/**
 * Resolves to the result of `act`.
 *
 * @param limit - Milliseconds.
 * @param failure - Begins the message of the error, such as `'the server did not start'`.
 * @throws An `Error` when `act` takes longer than `limit`.
 */
export async function withTimeout<Value>(
  limit: number,
  failure: string,
  act: () => Awaitable<Value>,
): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const cancel = systemClock.schedule(limit, () => late.reject(new Error(`${failure} within ${limit} ms`)))
  try {
    return await Promise.race([act(), late.promise])
  } finally {
    cancel()
  }
}
