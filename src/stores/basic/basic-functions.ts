// The three functions that a basic store is made of: what they do, whether they are there, and whether they work.
// What is made of them: basic-store.ts.

import { systemClock } from '../../contract/clock.ts'
import { skewMargin } from '../../contract/record.ts'
import type { Awaitable } from '../../contract/store.ts'
import { createOptionError, readOptions } from '../../options.ts'

/** The three functions that {@link basicStore} builds on. Each must settle, and reject on failure. */
export interface BasicFunctions {
  /** The text saved under `key`; `null` or `undefined` when there is none. */
  readonly get: (key: string) => Awaitable<string | null | undefined>
  /**
   * Saves `value` under `key`, overwriting any previous value. The row may be deleted from `expiresAt`
   * on (milliseconds since 1970: a minute after the session's end). For a database that takes a time to
   * live instead, that is `expiresAt - now` milliseconds, whatever its own clock says.
   */
  readonly save: (key: string, value: string, expiresAt: number, now: number) => Awaitable<unknown>
  /** Removes the value of `key`; nothing to remove is not an error. */
  readonly delete: (key: string) => Awaitable<unknown>
}

const names = ['get', 'save', 'delete'] as const

/** How long those who ask share the answer that is still awaited. One that never comes must not be the last. */
const longestShare = 1000

/** No record: if it were ever left behind, it would open nothing. */
const text = '{"ping":true}'

/**
 * Checks the three functions.
 *
 * @throws {@link SessionConfigError} naming the function.
 */
export function readFunctions(functions: BasicFunctions): BasicFunctions {
  const own = readOptions('basicStore', functions, names)
  for (const name of names) {
    if (typeof own[name] !== 'function')
      throw createOptionError(`basicStore.${name}`, own[name], 'a function')
  }
  return own
}

/**
 * Tells whether three functions work by using them: saves a row under a name that no session has, reads it and
 * removes it again. A database that answers reads may be read-only, full, or without the rights to write.
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
