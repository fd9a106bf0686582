// An idle timeout needs to know of use, and writing at each page view would make a write of every
// read. So use is noted at most once in `touchEvery`, without waiting: a session may end that much
// early, never late.

import { isPromise } from '../../is-promise.ts'
import { idleEndOf } from '../../record.ts'
import { isTouchDue } from '../../session/lifetime.ts'
import type { SessionRecord } from '../../store.ts'
import { callStore } from '../call-store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { PendingTasks } from './pending-tasks.ts'

/** How many recent touches are remembered. Forgetting one costs a touch too many, nothing else. */
const remembered = 10_000

/**
 * Notes in the store that sessions are in use: at most once per session in `touchEvery`, however
 * many requests read the same record before the first touch has landed. No response waits for it.
 */
export class Toucher {
  readonly #settings: ManagerSettings
  readonly #tasks: PendingTasks
  /** When which key was touched, oldest first. */
  readonly #recent = new Map<string, number>()

  constructor(settings: ManagerSettings, tasks: PendingTasks) {
    this.#settings = settings
    this.#tasks = tasks
  }

  /** Sends a touch unless one was sent lately, by this process or, as the record shows, by another. */
  touchIfDue(record: SessionRecord): void {
    const now = this.#settings.clock.now()
    if (!isTouchDue(record, this.#settings.lifetimes, now)) return
    const last = this.#recent.get(record.key)
    if (last !== undefined && now - last < this.#settings.lifetimes.touchEvery) return
    this.#remember(record.key, now)
    this.#touch(record, now)
  }

  /** Nobody waits for the answer: a touch that fails is an event, and the next request sends another. */
  #touch(record: SessionRecord, now: number): void {
    const { store, timeout, clock } = this.#settings
    const idleExpiresAt = idleEndOf(now, record)
    const fail = (error: unknown): void => {
      this.#settings.emit({ type: 'failed', during: 'touch', handle: record.handle, error: error as Error })
    }
    try {
      const answer = callStore(
        'touch',
        () => store.touch(record.key, now, idleExpiresAt, now),
        timeout,
        clock,
      )
      if (isPromise(answer)) void this.#tasks.add(answer.catch(fail))
    } catch (error) {
      fail(error)
    }
  }

  /** Forgets what is older than `touchEvery`, from the oldest on: the map stays in the order of time. */
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
