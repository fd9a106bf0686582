// Removing the expired, for stores that do not do so by themselves. It frees room and nothing else:
// an expired record is absent to every verb, swept or not. Several servers may sweep one store; the
// margin keeps a clock that runs ahead from removing what others still think alive.

import type { ExpirySweep } from '../../capabilities.ts'
import { isPromise } from '../../is-promise.ts'
import { createOptionError } from '../../options.ts'
import type { SessionStore } from '../../store.ts'
import { callStore } from '../call-store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { PendingTasks } from './pending-tasks.ts'

/** Records examined in one step, so that no sweep holds up a request for long. */
const stepSize = 1000

/** How long an expired record is left alone, for servers whose clocks run behind. */
const skewMargin = 60_000

/** Sweeps a store that does not expire records by itself, every `sweepEvery` and in small steps. */
export class Sweeper {
  readonly #settings: ManagerSettings
  readonly #tasks: PendingTasks
  #cancel: () => void = () => {}
  #isStopped = false

  constructor(settings: ManagerSettings, tasks: PendingTasks) {
    this.#settings = settings
    this.#tasks = tasks
    if (!canSweep(settings.store)) return
    const { sweepEvery } = settings.store
    if (!(sweepEvery >= 1 && sweepEvery < 2 ** 31)) {
      throw createOptionError('store.sweepEvery', sweepEvery, 'milliseconds from 1 to 2147483647')
    }
    this.#rest(settings.store)
  }

  /** No further step; one that is under way ends by itself. */
  stop(): void {
    this.#isStopped = true
    this.#cancel()
  }

  /** Waits for the next sweep. */
  #rest(store: ExpirySweep): void {
    this.#schedule(store.sweepEvery, () => this.#step(store))
  }

  #schedule(delay: number, task: () => void): void {
    if (!this.#isStopped) this.#cancel = this.#settings.clock.scheduleIdly(delay, task)
  }

  /**
   * One step of at most 1000 records. More to do: the next one right away, but behind the requests that
   * wait. A failure is an event, and the next sweep tries again.
   */
  #step(store: ExpirySweep): void {
    const { clock, timeout } = this.#settings
    const goOn = (hasMore: boolean): void => {
      if (hasMore) this.#schedule(0, () => this.#step(store))
      else this.#rest(store)
    }
    const fail = (error: unknown): void => {
      this.#settings.emit({ type: 'failed', during: 'sweep', error: error as Error })
      this.#rest(store)
    }
    try {
      const before = clock.now() - skewMargin
      const answer = callStore('sweep', () => store.sweep(before, stepSize), timeout, clock)
      if (isPromise(answer)) void this.#tasks.add(answer.then(goOn, fail))
      else goOn(answer)
    } catch (error) {
      fail(error)
    }
  }
}

function canSweep(store: SessionStore): store is SessionStore & ExpirySweep {
  return 'sweep' in store && typeof store.sweep === 'function'
}
