// Time as a dependency. Everything about sessions is a comparison of instants, so nothing in src/
// may ask the machine: a test that moves this clock moves all of it.

/**
 * The only source of time and of timers. Pass your own as the `clock` option to move time in tests.
 *
 * @example
 * ```ts
 * const sessions = createSessionManager({ clock: { ...systemClock, now: () => Date.parse('2030-01-01') } })
 * ```
 */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number
  /** Runs `task` once, `delay` milliseconds from now, and returns a function that cancels it. */
  schedule(delay: number, task: () => void): () => void
  /** The same, for work that can as well be left undone: keeps no process alive. */
  scheduleIdly(delay: number, task: () => void): () => void
}

/**
 * The machine's own clock and timers: the default.
 *
 * @example
 * ```ts
 * const sessions = createSessionManager({ clock: { ...systemClock, now: () => Date.now() + 3_600_000 } })
 * ```
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delay, task) {
    const timer = setTimeout(task, delay)
    return () => clearTimeout(timer)
  },
  scheduleIdly(delay, task) {
    const timer = setTimeout(task, delay)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
