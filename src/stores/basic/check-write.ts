// Whether three functions work, told by using them: a database that answers reads may be read-only, full, or without
// the rights to write.

import { systemClock } from '../../contract/clock.ts'
import { skewMargin } from '../../contract/record.ts'
import type { BasicFunctions } from './basic-store.ts'

/** How long those who ask share the answer that is still awaited. One that never comes must not be the last. */
const longestShare = 1000

/** No record: if it were ever left behind, it would open nothing. */
const text = '{"ping":true}'

/**
 * Saves a row under a name that no session has, reads it and removes it again.
 *
 * @throws what a function throws, or an `Error` when the row was not kept.
 */
export async function checkWrite({ get, save, delete: remove }: BasicFunctions): Promise<void> {
  const name = `ping-${crypto.randomUUID()}`
  const now = systemClock.now()
  try {
    await save(name, text, now + skewMargin, now)
    if ((await get(name)) !== text) throw new Error('the store does not keep what it is given')
  } catch (error) {
    // What failed may have been saved all the same. Nobody waits: the reason is known already.
    void (async () => remove(name))().catch(() => {})
    throw error
  }
  await remove(name)
}

/** The `ping` of a store over these functions. Calls under way together share one check; no outcome is kept. */
export function createPing(functions: BasicFunctions): () => Promise<void> {
  let shared: { readonly check: Promise<void>; readonly since: number } | undefined
  return async () => {
    const now = systemClock.now()
    if (shared === undefined || Math.abs(now - shared.since) >= longestShare) {
      const own = { check: checkWrite(functions), since: now }
      shared = own
      const leave = (): void => {
        if (shared === own) shared = undefined
      }
      own.check.then(leave, leave)
    }
    return shared.check
  }
}
