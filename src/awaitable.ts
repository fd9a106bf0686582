// A store may answer at once or later, and a framework may wait or not. Everything that is to stay synchronous on a
// store that answers at once goes on with `whenReady`, and costs no promise then.

/** A value, or a promise of one. */
export type Awaitable<Value> = Value | Promise<Value>

/** Whether an answer is a promise. Any object with `then` counts: some drivers have promises of their own. */
export function isPromise<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<Value>).then === 'function'
}

/** Goes on with an answer: at once when it is there, otherwise when it comes. A rejection is passed on. */
export function whenReady<Value, Result>(
  answer: Awaitable<Value>,
  proceed: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  // A native promise stays as it is; what a driver of another library answers is wrapped.
  return isPromise(answer) ? Promise.resolve(answer).then(proceed) : proceed(answer)
}
