// A limit for what may never end, such as a store that does not answer. It judges nothing but that.

import { systemClock } from '../clock.ts'
import type { Awaitable } from '../store.ts'

/** What `act` comes to. Rejects with that failure when it takes longer than so many milliseconds. */
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
