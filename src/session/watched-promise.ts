// Promises whose failure does not disappear when a handler forgot to await them. An unhandled rejection would
// end the process for one visitor's conflict; silence would leave "your seat is booked" on the page.

/** Notes whether anybody listens: `await`, `Promise.all` and `return` from an async function call `then` as well. */
export class WatchedPromise<Value> extends Promise<Value> {
  /** Whether somebody has called `then`, `catch` or `finally`. */
  isAwaited = false

  /** What `then` returns is an ordinary promise: who derives one is responsible for it. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a promise has it anyway
  override then<Fulfilled = Value, Rejected = never>(
    onFulfilled?: ((value: Value) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    this.isAwaited = true
    return super.then(onFulfilled, onRejected)
  }
}

/**
 * The same promise for a caller who may forget it: when it rejects and nobody has listened by the next turn
 * of the event loop, `report` is called, and no rejection is unhandled.
 */
export function watchPromise<Value>(
  promise: Promise<Value>,
  report: (error: unknown) => void,
): WatchedPromise<Value> {
  const watched = new WatchedPromise<Value>((resolve, reject) => promise.then(resolve, reject))
  const check = (error: unknown): void => {
    if (!watched.isAwaited) report(error)
  }
  // Of the runtime, not of the option clock: it waits for the current turn to end, not for time.
  const checkLater = (error: unknown): unknown => setImmediate(check, error)
  void Promise.prototype.then.call(watched, undefined, checkLater)
  return watched
}
