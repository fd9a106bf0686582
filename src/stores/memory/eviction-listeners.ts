// The listeners of a memory store's evictions. They run inside the `create` of an unrelated session,
// so a listener that throws must not affect it.

type Listener = (handle: string) => void

/** Functions to call with the handle of each evicted session, in the order in which they were added. */
export class EvictionListeners {
  readonly #listeners = new Set<Listener>()

  /** Adds a listener and returns a function that removes it. */
  add(listener: Listener): () => void {
    // Wrapped, so that the same function may be added twice and each removed on its own.
    const registered: Listener = (handle) => listener(handle)
    this.#listeners.add(registered)
    return () => void this.#listeners.delete(registered)
  }

  /** Calls every listener; exceptions are ignored. */
  notify(handle: string): void {
    for (const listener of this.#listeners) {
      try {
        listener(handle)
      } catch {
        // A login must not fail because a log does, nor may the other listeners miss the eviction.
      }
    }
  }
}
