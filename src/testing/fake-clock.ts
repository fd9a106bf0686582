// A clock that a test advances by hand. Session lifetimes are hours and days, so waiting is not an
// option, and short real timers make tests that fail only on slow machines.

import type { Clock } from '../contract/clock.ts'
import { parseDuration } from '../duration.ts'
import type { Duration } from '../duration.ts'
import { createOptionError } from '../options.ts'

/** A {@link Clock} that stands still until it is advanced. */
export interface FakeClock extends Clock {
  /**
   * Advances the time and runs the timers that are due, in order. Asynchronous work that they start,
   * such as a store call, finishes after this returns, so await the result that you need.
   *
   * @param duration - A duration as in the options: `'30m'`, or a number of **seconds**. 0 runs what is due now.
   * @throws {@link SessionConfigError} for anything else, and for more than 400 days.
   */
  advance(duration: Duration): void
}

/** A scheduled task. */
interface Timer {
  /** When to run it, in milliseconds since 1970. */
  readonly at: number
  readonly task: () => void
}

/**
 * A clock for tests: time passes only when you advance it.
 *
 * The manager's own waits use it too: the `timeout` for a store that does not answer, and the pauses of
 * a few milliseconds before a save that lost several races tries again. A test that awaits either must
 * start the call first and then advance the clock.
 *
 * @param start - Milliseconds since 1970, 0 or more.
 * @default 2030-01-01
 * @throws {@link SessionConfigError} for any other start.
 * @example
 * ```ts
 * const clock = fakeClock()
 * const sessions = createSessionManager({ clock, idleTimeout: '30m' })
 * clock.advance('30m') // every session has expired
 * ```
 */
export function fakeClock(start: number = Date.UTC(2030, 0, 1)): FakeClock {
  if (!Number.isFinite(start) || start < 0) {
    throw createOptionError('fakeClock', start, 'a number of milliseconds since 1970, 0 or more')
  }
  let now = start
  const timers = new Set<Timer>()
  const schedule = (delay: number, task: () => void): (() => void) => {
    const timer = { at: now + delay, task }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  return {
    now: () => now,
    schedule,
    scheduleIdly: schedule,
    advance(duration) {
      const end = now + (duration === 0 ? 0 : parseDuration('advance', duration))
      for (let next = findEarliest(timers, end); next; next = findEarliest(timers, end)) {
        timers.delete(next)
        now = Math.max(now, next.at)
        next.task()
      }
      now = end
    },
  }
}

/** The next timer due by `end`, ordered by time and then by scheduling. */
function findEarliest(timers: ReadonlySet<Timer>, end: number): Timer | undefined {
  const due = [...timers].filter((timer) => timer.at <= end)
  return due.toSorted((left, right) => left.at - right.at)[0]
}
