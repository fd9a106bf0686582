// The idle timeout depends on when a session was last used, and recording every use would turn each
// read into a write. So a use is recorded at most once in `touchEvery`, and no response waits for
// it: a session may end that much early, never late.

import { isPromise } from '../../is-promise.ts'
import { idleEndOf } from '../../record.ts'
import { isTouchDue } from '../../session/lifetime.ts'
import type { SessionRecord } from '../../store.ts'
import { settle } from '../call-store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { PendingTasks } from './pending-tasks.ts'

/** How many recent touches are remembered. Forgetting one costs a superfluous touch, nothing else. */
const remembered = 10_000

/**
 * Records in the store that sessions are in use: at most once per session in `touchEvery`, however
 * many requests read the same record before the first touch is applied.
 */
export class Toucher {
  readonly #settings: ManagerSettings
  readonly #tasks: PendingTasks
  /** When each key was last touched, oldest first. */
  readonly #recent = new Map<string, number>()

  constructor(settings: ManagerSettings, tasks: PendingTasks) {
    this.#settings = settings
    this.#tasks = tasks
  }

  /** Sends a touch unless one was sent recently, by this process or, as the record shows, by another. */
  touchIfDue(record: SessionRecord): void {
    const now = this.#settings.clock.now()
    if (!isTouchDue(record, this.#settings.lifetimes, now)) return
    const last = this.#recent.get(record.key)
    if (last !== undefined && now - last < this.#settings.lifetimes.touchEvery) return
    this.#remember(record.key, now)
    this.#touch(record, now)
  }

  /** A touch that fails is an event, and a later request sends another. */
  #touch(record: SessionRecord, now: number): void {
    const { store } = this.#settings
    const idleExpiresAt = idleEndOf(now, record)
    const touch = settle(
      this.#settings,
      'touch',
      () => store.touch(record.key, now, idleExpiresAt, now),
      () => {},
      (error) =>
        this.#settings.emit({
          type: 'failed',
          during: 'touch',
          handle: record.handle,
          error: error as Error,
        }),
    )
    if (isPromise(touch)) void this.#tasks.add(touch)
  }

  /** Also forgets what is older than `touchEvery`; the map is in order of time, oldest first. */
  #remember(key: string, now: number): void {
    this.#recent.delete(key)
    this.#recent.set(key, now)
    const { touchEvery } = this.#settings.lifetimes
    for (const [oldest, at] of this.#recent) {
      if (now - at < touchEvery && this.#recent.size <= remembered) break
      this.#recent.delete(oldest)
    }
  }
}
