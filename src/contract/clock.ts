// Time as a dependency. No rule about sessions asks the machine for the time: a test that moves this
// clock moves every expiry and timeout.

/** The only source of time and of timers. Pass your own as the `clock` option to move time in tests. */
export interface Clock {
  /** Milliseconds since 1970, like `Date.now()`. */
  now(): number
  /** Runs `task` once, `delay` milliseconds from now, and returns a function that cancels it. */
  schedule(delay: number, task: () => void): () => void
  /** The same, for optional work: a scheduled task does not keep the process alive. */
  scheduleIdly(delay: number, task: () => void): () => void
}

/**
 * The system's clock and timers: the default of the `clock` option.
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
    // A worker's timer may be a number.
    if (typeof timer === 'object') timer.unref()
    return () => clearTimeout(timer)
  },
}
