// A queue for each key, built as a chain of promises of which only the last is kept. Stores whose verbs are a read
// followed by a write make them atomic with it.

/**
 * Runs the tasks of one key one after another, in the order of the calls, and tasks of different keys
 * concurrently. A key without tasks takes no memory.
 */
export class KeyQueue<Result = unknown> {
  readonly #lastTurns = new Map<string, Promise<Result>>()

  /** The number of keys with a running or waiting task. */
  get size(): number {
    return this.#lastTurns.size
  }

  /** Runs `task` after all earlier tasks of `key` have settled, and settles as `task` does. */
  run<Own extends Result>(key: string, task: () => Promise<Own>): Promise<Own> {
    const previous = this.#lastTurns.get(key)
    const turn = previous ? previous.then(task, task) : task()
    const leave = (): void => {
      if (this.#lastTurns.get(key) === turn) this.#lastTurns.delete(key)
    }
    this.#lastTurns.set(key, turn)
    turn.then(leave, leave)
    return turn
  }
}
