import { SessionStoreError } from '../../errors.ts'
import type { StoreOperation } from '../../errors.ts'
import type { Awaitable, SessionRecord } from '../../store.ts'
import { callStore } from '../call-store.ts'
import { findDamage } from '../find-damage.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/**
 * The store as one save uses it: however many calls it takes, together they end within the option
 * `timeout`. A response waits for its save, so nothing here may wait without an end.
 */
export class StoreAccess {
  readonly #settings: ManagerSettings
  /** Milliseconds since 1970. */
  #deadline = 0
  #conflicts = 0

  constructor(settings: ManagerSettings) {
    this.#settings = settings
    this.restart()
  }

  /** Counts from now: waiting for one's turn takes nothing from the store's time. */
  restart(): void {
    const { clock, timeout } = this.#settings
    this.#deadline = clock.now() + timeout
  }

  /** Calls one verb. @throws {@link SessionStoreError} when the store fails or the time is up. */
  async call<Value>(operation: StoreOperation, call: () => Awaitable<Value>): Promise<Value> {
    const { clock, timeout } = this.#settings
    // A clock that is set back must not make anybody wait longer.
    const left = Math.min(this.#deadline - clock.now(), timeout)
    if (left <= 0)
      throw new SessionStoreError(
        operation,
        `the session could not be saved within the timeout of ${timeout} ms`,
      )
    return callStore(operation, call, left, clock)
  }

  /**
   * Reads past every cache: after a conflict a cached record would make the next attempt fail as well.
   *
   * @throws {@link SessionDecodeError} for a record that must not be built upon.
   */
  async readUncached(key: string): Promise<SessionRecord | undefined> {
    const { store, clock, maxSize } = this.#settings
    const record = await this.call('read', () =>
      'readUncached' in store && typeof store.readUncached === 'function'
        ? (store.readUncached(key, clock.now()) as Awaitable<SessionRecord | undefined>)
        : store.read(key, clock.now()),
    )
    if (record === undefined || record === null) return undefined
    const damage = findDamage(record, maxSize)
    if (damage) throw damage
    return record
  }

  /**
   * Exponential backoff with full jitter: waits a random while, at most 4 ms after the second
   * conflict and 64 ms from the sixth on, so that processes that collided do not collide again. The
   * first conflict costs no wait: mostly it was the only one.
   */
  async backOff(): Promise<void> {
    this.#conflicts += 1
    if (this.#conflicts === 1) return
    const milliseconds = Math.random() * 2 ** Math.min(this.#conflicts, 6)
    await new Promise<void>((resolve) => void this.#settings.clock.schedule(milliseconds, resolve))
  }
}
