import { SessionStoreError } from '../../errors.ts'
import type { StoreOperation } from '../../errors.ts'
import type { Awaitable, SessionRecord } from '../../store.ts'
import { callStore } from '../call-store.ts'
import { findDamage } from '../find-damage.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/** The time that one save may take in all, whatever it does: `timeout`, counted from its start. */
export class Deadline {
  readonly #settings: ManagerSettings
  #endsAt = 0
  #collisions = 0

  constructor(settings: ManagerSettings) {
    this.#settings = settings
    this.begin()
  }

  /** Counts from now: waiting for one's turn takes nothing from the store's time. */
  begin(): void {
    const { clock, timeout } = this.#settings
    this.#endsAt = clock.now() + timeout
  }

  /** @throws {@link SessionStoreError} when the store fails or the time is up. */
  async call<Value>(operation: StoreOperation, call: () => Awaitable<Value>): Promise<Value> {
    const { clock, timeout } = this.#settings
    // A clock that is set back must not make anybody wait longer.
    const left = Math.min(this.#endsAt - clock.now(), timeout)
    if (left <= 0)
      throw new SessionStoreError(
        operation,
        `the session could not be saved within the timeout of ${timeout} ms`,
      )
    return callStore(operation, call, left, clock)
  }

  /** Reads past every cache. @throws {@link SessionDecodeError} for a record that must not be built upon. */
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
   * Waits a random while, longer each time and not at all the first time, so that processes that
   * collided do not collide again.
   */
  async backOff(): Promise<void> {
    this.#collisions += 1
    if (this.#collisions === 1) return
    const milliseconds = Math.random() * 2 ** Math.min(this.#collisions, 6)
    await new Promise<void>((resolve) => void this.#settings.clock.schedule(milliseconds, resolve))
  }
}
