// Work that no response waits for. Closing the manager must wait for it, or the process could end
// between a touch and its answer.

/** The tasks under way that closing the manager has to wait for. */
export class PendingTasks {
  readonly #running = new Set<Promise<unknown>>()

  /** Keeps a task until it settles, and returns it. */
  add<Value>(task: Promise<Value>): Promise<Value> {
    const settled: Promise<unknown> = task.then(
      () => this.#running.delete(settled),
      () => this.#running.delete(settled),
    )
    this.#running.add(settled)
    return task
  }

  /** Resolves when no task is under way, including those added while waiting. */
  async waitForAll(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
