/**
 * Runs tasks of one key one after another, in the order they came; tasks of different keys run side
 * by side. A key without tasks takes no room.
 */
export class KeyQueue {
  readonly #lastTurns = new Map<string, Promise<unknown>>()

  /** How many keys have a task running or waiting. */
  get size(): number {
    return this.#lastTurns.size
  }

  /** Runs `task` when all earlier tasks of `key` are done, failed ones included. Settles as `task` does. */
  run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const previous = this.#lastTurns.get(key) ?? Promise.resolve()
    const start = (): Promise<Result> => task()
    const turn = previous.then(start, start)
    const leave = (): void => {
      if (this.#lastTurns.get(key) === turn) this.#lastTurns.delete(key)
    }
    this.#lastTurns.set(key, turn)
    turn.then(leave, leave)
    return turn
  }
}
