// A queue for each key, made of promises: the last turn is all that is kept of one. Commits of one
// session wait here for each other instead of fighting in the store.

/**
 * Runs the tasks of one key one after another, in the order they came; tasks of different keys run
 * side by side. A key without tasks takes no room.
 */
export class KeyQueue<Result = unknown> {
  readonly #lastTurns = new Map<string, Promise<Result>>()

  /** How many keys have a task running or waiting. */
  get size(): number {
    return this.#lastTurns.size
  }

  /**
   * Runs `task` when all earlier tasks of `key` are done, failed ones included, and settles as it
   * does. The task gets what the one just before it came to, or why it failed, if there was one.
   */
  run<Own extends Result>(
    key: string,
    task: (previous: Result | undefined, failure?: unknown) => Promise<Own>,
  ): Promise<Own> {
    const previous = this.#lastTurns.get(key)
    const turn = previous
      ? previous.then(
          (result) => task(result),
          (failure: unknown) => task(undefined, failure),
        )
      : task(undefined)
    const leave = (): void => {
      if (this.#lastTurns.get(key) === turn) this.#lastTurns.delete(key)
    }
    this.#lastTurns.set(key, turn)
    turn.then(leave, leave)
    return turn
  }
}
