import type { Clock } from '../../../src/clock.ts'

/** Who set a timer: what a dead process has set never rings. */
export interface Mortal {
  readonly isDead: boolean
}

interface Timer {
  readonly at: number
  readonly task: () => void
  readonly owner: Mortal
}

/** One clock for all processes. It moves only when the scheduler says so. */
export class ScheduledClock {
  now: number = Date.UTC(2030, 0, 1)
  #timers: Timer[] = []

  /** The clock as a process sees it. */
  of(owner: Mortal): Clock {
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

  /** Moves on to the next timer that is due until `end`, and lets it ring. */
  ringNext(end: number = Infinity): boolean {
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
      if (!timer.owner.isDead && (!earliest || timer.at < earliest.at)) earliest = timer
    }
    return earliest
  }
}
