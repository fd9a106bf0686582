import type { Clock } from '../clock.ts'

/** A {@link Clock} that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /** Moves time on by so many milliseconds and runs what was due in between, in order. */
  advance(milliseconds: number): void
}

interface Timer {
  readonly at: number
  readonly task: () => void
}

/**
 * A clock for tests: sessions expire when you say so.
 *
 * @param start - Milliseconds since 1970. @default 2030-01-01
 * @example
 * ```ts
 * const clock = fakeClock()
 * const sessions = createSessionManager({ clock, idleTimeout: '30m' })
 * clock.advance(30 * 60_000) // every session has expired
 * ```
 */
export function fakeClock(start: number = Date.UTC(2030, 0, 1)): FakeClock {
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
    advance(milliseconds) {
      const end = now + milliseconds
      for (let next = earliest(timers, end); next; next = earliest(timers, end)) {
        timers.delete(next)
        now = Math.max(now, next.at)
        next.task()
      }
      now = end
    },
  }
}

function earliest(timers: ReadonlySet<Timer>, end: number): Timer | undefined {
  const due = [...timers].filter((timer) => timer.at <= end)
  return due.sort((left, right) => left.at - right.at)[0]
}
