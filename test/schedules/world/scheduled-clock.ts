import type { Clock } from '../../../src/contract/clock.ts'

/** The process that set a timer. Timers of a crashed process never fire. */
export interface TimerOwner {
  readonly hasCrashed: boolean
}

interface Timer {
  readonly at: number
  readonly task: () => void
  readonly owner: TimerOwner
}

/** One clock for all processes. Only the scheduler advances it. */
export class ScheduledClock {
  now: number = Date.UTC(2030, 0, 1)
  #timers: Timer[] = []

  /** The clock as a process sees it. */
  of(owner: TimerOwner): Clock {
    const schedule = (delay: number, task: () => void): (() => void) => {
      const timer = { at: this.now + Math.max(0, delay), task, owner }
      this.#timers.push(timer)
      return () => void (this.#timers = this.#timers.filter((each) => each !== timer))
    }
    return { now: () => this.now, schedule, scheduleIdly: schedule }
  }

  get hasTimer(): boolean {
    return this.#earliest() !== undefined
  }

  /** Advances to the next timer that is due by `end`, and fires it. */
  fireNext(end: number = Infinity): boolean {
    const timer = this.#earliest()
    if (!timer || timer.at > end) return false
    this.#timers = this.#timers.filter((each) => each !== timer)
    this.now = Math.max(this.now, timer.at)
    timer.task()
    return true
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined
    for (const timer of this.#timers) {
      if (!timer.owner.hasCrashed && (!earliest || timer.at < earliest.at)) earliest = timer
    }
    return earliest
  }
}
