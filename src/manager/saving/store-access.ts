// The store as a save uses it: within a deadline, past caches, and with an answer to the question
// whether a write was applied.

import type { UncachedRead } from '../../contract/capabilities.ts'
import { SessionConflictError, SessionStoreError } from '../../contract/errors.ts'
import type { StoreOperation } from '../../contract/errors.ts'
import type { Awaitable, SessionLimit, SessionRecord } from '../../contract/store.ts'
import { callStore, findDamage, hasCapability } from '../call-store.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/**
 * The store during one save: all its calls together end within the option `timeout`, because the
 * response waits for them.
 */
export class StoreAccess {
  readonly #settings: ManagerSettings
  /** Milliseconds since 1970. */
  readonly #deadline: number
  #conflicts = 0

  constructor(settings: ManagerSettings) {
    this.#settings = settings
    this.#deadline = settings.clock.now() + settings.timeout
  }

  /** The milliseconds that are left. A clock that is set back must not prolong the wait. */
  get left(): number {
    const { clock, timeout } = this.#settings
    return Math.min(this.#deadline - clock.now(), timeout)
  }

  /** What a login passes to the store; `undefined` for any number of sessions. */
  get sessionLimit(): SessionLimit | undefined {
    const { maxSessionsPerUser: most, emit } = this.#settings
    if (most === Infinity) return undefined
    return { most, onEviction: (handle) => emit({ type: 'evicted', reason: 'limit', handle }) }
  }

  /**
   * Calls the store once.
   *
   * @throws {@link SessionStoreError} when the store fails or the time is up.
   */
  async call<Value>(operation: StoreOperation, call: () => Awaitable<Value>): Promise<Value> {
    const { clock, timeout } = this.#settings
    const { left } = this
    if (left <= 0)
      throw new SessionStoreError(
        operation,
        `the session could not be saved within the timeout of ${timeout} ms`,
      )
    return callStore(operation, call, left, clock)
  }

  /**
   * Calls a verb that answers whether it wrote. Resolves to the error instead of throwing it: a failed call may have
   * been applied all the same, and {@link readBack} finds out.
   *
   * @throws {@link SessionConflictError} when the store has undone the write on purpose.
   */
  async write(operation: 'create' | 'commit', call: () => Awaitable<unknown>): Promise<boolean | Error> {
    try {
      const answer = await this.call(operation, call)
      if (typeof answer === 'boolean') return answer
      return new SessionStoreError(operation, `the store answered '${operation}' with neither true nor false`)
    } catch (error) {
      if (error instanceof SessionConflictError) throw error
      return error as Error
    }
  }

  /**
   * Deletes a record that still belongs to an owner, and tells whether there was one. With a second attempt when the
   * first one fails: its answer may have been lost, and to delete what is gone does no harm. What the first one did is
   * then unknown, and counts as done. It is sent even if a save before it took all the time: a logout is to reach the
   * store though nobody waits for the answer.
   *
   * @throws what the first attempt failed with, if the second fails as well.
   */
  async delete(key: string, owner: string | null | undefined): Promise<boolean> {
    const { store, clock } = this.#settings
    const send = (): Awaitable<unknown> => store.delete(key, owner)
    try {
      return (await callStore('delete', send, Math.max(this.left, 0), clock)) !== false
    } catch (error) {
      await this.call('delete', send).catch(() => {
        throw error
      })
      return true
    }
  }

  /**
   * Reads the record after a write that was not confirmed.
   *
   * @throws what the write failed with, if this fails as well; it is the better explanation.
   */
  async readBack(key: string, answer: boolean | Error): Promise<SessionRecord | undefined> {
    try {
      return await this.readUncached(key)
    } catch (error) {
      throw answer instanceof Error ? answer : error
    }
  }

  /**
   * Reads past any cache: after a conflict a cached record would only make the next attempt fail.
   *
   * @throws {@link SessionDecodeError} for a damaged record, which must not be built upon.
   */
  async readUncached(key: string): Promise<SessionRecord | undefined> {
    const { store, clock, maxSize } = this.#settings
    const record = await this.call('read', () =>
      hasCapability<UncachedRead>(store, 'readUncached')
        ? store.readUncached(key, clock.now())
        : store.read(key, clock.now()),
    )
    if (record === undefined || record === null) return undefined
    const damage = findDamage(record, maxSize)
    if (damage) throw damage
    return record
  }

  /**
   * Exponential backoff with full jitter, so that processes that collided do not collide again: at most
   * 4 ms after the second conflict, 64 ms from the sixth on. The first one, which is mostly the only
   * one, costs no wait.
   */
  async backOff(): Promise<void> {
    this.#conflicts += 1
    if (this.#conflicts === 1) return
    const milliseconds = Math.random() * 2 ** Math.min(this.#conflicts, 6)
    await new Promise<void>((resolve) => void this.#settings.clock.schedule(milliseconds, resolve))
  }
}
