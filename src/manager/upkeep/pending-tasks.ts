// Work that no response waits for. A close must wait for it, or the process would end between a
// touch and its answer.

/** What is under way and must be waited for when the manager closes. */
export class PendingTasks {
  readonly #running = new Set<Promise<unknown>>()

  /** Notes a task until it has settled, and gives it back. */
  add<Value>(task: Promise<Value>): Promise<Value> {
    const settled: Promise<unknown> = task.then(
      () => this.#running.delete(settled),
      () => this.#running.delete(settled),
    )
    this.#running.add(settled)
    return task
  }

  /** Resolves when nothing is under way any more, not even what was added while waiting. */
  async waitForAll(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
