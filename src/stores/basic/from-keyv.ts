// Keyv hides failures from whoever listens to its `error` event: a read that failed looks like an absent
// value, and a store that believed it would log everybody out. So its events are counted here.

import { SessionDecodeError } from '../../contract/errors.ts'
import { basicStore } from './basic-store.ts'
import type { BasicStore } from './basic-store.ts'
import { demandMethods, nameKey, timeToLive } from './foreign-store.ts'

/** What {@link fromKeyv} uses of a `Keyv`. */
export interface KeyvInstance {
  /** The value of a key; `undefined` when there is none, or when the read failed. */
  get(key: string): Promise<unknown>
  /** Stores a value for `ttl` milliseconds. Answers whether it did. */
  set(key: string, value: string, ttl: number): Promise<unknown>
  /** Removes a value. Answers whether it did. */
  delete(key: string): Promise<unknown>
  /** Calls the listener with each failure. */
  on(event: 'error', listener: (error: unknown) => void): unknown
}

/**
 * Lifts a Keyv to a store. It promises what {@link basicStore} does: use one process only, and call this
 * once for each Keyv.
 *
 * A failure rejects, also one that Keyv only emits. This listens to the `error` event, so a lost
 * connection no longer ends the process; add a listener of your own to log it. While one call fails,
 * others under way at that moment may reject as well, because the event does not tell which call it is about.
 * Keyv removes rows by its own clock.
 *
 * @throws {@link SessionConfigError} for an object without the four methods.
 *
 * @example
 * ```ts
 * const sessions = createSessionManager({ store: fromKeyv(new Keyv({ namespace: 'sessions' })) })
 * ```
 */
export function fromKeyv(keyv: KeyvInstance): BasicStore {
  demandMethods('fromKeyv', keyv, ['get', 'set', 'delete', 'on'])
  const failures = new FailureCount(keyv)
  const get = async (key: string): Promise<string | undefined> => {
    const value = await failures.watch(
      () => keyv.get(nameKey(key)),
      (answer) => answer === undefined || answer === null,
    )
    if (value === undefined || value === null) return undefined
    return typeof value === 'string' ? value : ''
  }
  return basicStore({
    get,
    async save(key, value, expiresAt, now) {
      const isStored = await failures.watch(() => keyv.set(nameKey(key), value, timeToLive(expiresAt, now)))
      if (isStored === false) throw new Error('Keyv did not store the value')
    },
    async delete(key) {
      const isRemoved = await failures.watch(() => keyv.delete(nameKey(key)))
      // Said of an absent value as well.
      if (isRemoved === false && (await get(key)) !== undefined)
        throw new Error('Keyv did not remove the value')
    },
  })
}

/** Counts the failures that a Keyv emits. */
class FailureCount {
  #count = 0
  #latest: unknown

  constructor(keyv: KeyvInstance) {
    keyv.on('error', (error) => {
      this.#count += 1
      this.#latest = error
    })
  }

  /** Resolves as `call` does, but rejects when a failure was emitted meanwhile and the answer is in doubt. */
  async watch<Answer>(
    call: () => Promise<Answer>,
    isInDoubt: (answer: Answer) => boolean = () => true,
  ): Promise<Answer> {
    const before = this.#count
    const answer = await call()
    if (this.#count !== before && isInDoubt(answer)) throw explain(this.#latest)
    return answer
  }
}

/** The error of a failed call. The message of a parser quotes session data, so it is not passed on. */
function explain(failure: unknown): Error {
  if (failure instanceof SyntaxError) {
    return new SessionDecodeError('the stored value is not a session record: Keyv cannot parse it')
  }
  return new Error('Keyv reported a failure', { cause: failure })
}
