// Removes expired records from stores that do not do so themselves. This only frees space: every
// verb treats an expired record as absent, swept or not. Several servers may sweep one store; the
// margin keeps a server whose clock is fast from removing what others still consider live.

import { isPromise } from '../../awaitable.ts'
import type { ExpirySweep } from '../../contract/capabilities.ts'
import { skewMargin } from '../../contract/record.ts'
import { createOptionError } from '../../options.ts'
import { settle, hasCapability } from '../call-store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { PendingTasks } from './pending-tasks.ts'

/** Records examined in one step, so that a sweep of a synchronous store does not block requests for long. */
const stepSize = 1000

/**
 * Sweeps the store every `sweepEvery` milliseconds, in small steps, if it has {@link ExpirySweep}. The first
 * wait begins with the first request: workers refuse timers at module scope, where managers are made.
 */
export class Sweeper {
  readonly #settings: ManagerSettings
  readonly #tasks: PendingTasks
  #cancel: () => void = () => {}
  /** To be swept from the first request on. */
  #waiting: ExpirySweep | undefined
  #isStopped = false

  /** @throws {@link SessionConfigError} when the store's `sweepEvery` is not a delay that a timer can have. */
  constructor(settings: ManagerSettings, tasks: PendingTasks) {
    this.#settings = settings
    this.#tasks = tasks
    const { store } = settings
    if (!hasCapability<ExpirySweep>(store, 'sweep')) return
    const { sweepEvery } = store
    if (!(sweepEvery >= 1 && sweepEvery < 2 ** 31)) {
      throw createOptionError('store.sweepEvery', sweepEvery, 'milliseconds from 1 to 2147483647')
    }
    this.#waiting = store
  }

  /** Schedules the first sweep; later calls do nothing. */
  start(): void {
    const store = this.#waiting
    if (!store) return
    this.#waiting = undefined
    this.#scheduleNextSweep(store)
  }

  /** Prevents further steps; one that is under way completes. */
  stop(): void {
    this.#isStopped = true
    this.#cancel()
  }

  #scheduleNextSweep(store: ExpirySweep): void {
    this.#schedule(store.sweepEvery, () => this.#step(store))
  }

  #schedule(delay: number, task: () => void): void {
    if (!this.#isStopped) this.#cancel = this.#settings.clock.scheduleIdly(delay, task)
  }

  /**
   * Examines at most 1000 records. If there are more, the next step follows at once, but after the
   * requests that are waiting. A failure is an event, and the next sweep tries again.
   */
  #step(store: ExpirySweep): void {
    const before = this.#settings.clock.now() - skewMargin
    const proceed = (hasMore: boolean): void => {
      if (hasMore) this.#schedule(0, () => this.#step(store))
      else this.#scheduleNextSweep(store)
    }
    const fail = (error: unknown): void => {
      this.#settings.emit({ type: 'failed', during: 'sweep', error: error as Error })
      this.#scheduleNextSweep(store)
    }
    const step = settle(this.#settings, 'sweep', () => store.sweep(before, stepSize), proceed, fail)
    if (isPromise(step)) void this.#tasks.add(step)
  }
}
