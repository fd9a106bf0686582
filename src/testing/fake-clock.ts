// Time that a test moves by hand. Sessions are about half-hours and days: waiting is no option, and
// a real timer would make a test that fails on a slow machine only.

import type { Clock } from '../clock.ts'
import { parseDuration } from '../duration.ts'
import type { Duration } from '../duration.ts'
import { createOptionError } from '../options.ts'

/**
 * A {@link Clock} that stands still until it is told to move.
 *
 * @example
 * ```ts
 * const clock: FakeClock = fakeClock()
 * clock.advance('1d')
 * ```
 */
export interface FakeClock extends Clock {
  /**
   * Moves time on and runs what was due in between, in order. What those timers set off and does not
   * come at once, such as an answer of the store, comes after this returns: wait for what you started.
   *
   * @param duration - As the options take it: `'30m'`, or a number of **seconds**. 0 runs what is due now.
   * @throws {@link SessionConfigError} for anything else, and for more than 400 days.
   */
  advance(duration: Duration): void
}

/** A task and its instant, in milliseconds since 1970. */
interface Timer {
  readonly at: number
  readonly task: () => void
}

/**
 * A clock for tests: sessions expire when you say so.
 *
 * The manager's own waiting goes by it, too: a store that keeps silent is given up after `timeout`, and
 * a save that other processes came before more than once pauses, a few milliseconds at a time. A test
 * that awaits either must advance the clock meanwhile, and not before it.
 *
 * @param start - Milliseconds since 1970, 0 or more. @default 2030-01-01
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
      for (let next = earliest(timers, end); next; next = earliest(timers, end)) {
        timers.delete(next)
        now = Math.max(now, next.at)
        next.task()
      }
      now = end
    },
  }
}

/** The next one that is due by `end`, in the order of time and then of scheduling. */
function earliest(timers: ReadonlySet<Timer>, end: number): Timer | undefined {
  const due = [...timers].filter((timer) => timer.at <= end)
  return due.sort((left, right) => left.at - right.at)[0]
}
