// What one process knows of rows without asking: those that it has created or removed a moment ago.

/** How many keys are remembered, the latest ones: the attempts of one creation, and requests that overlap, lie close together. */
const mostKeys = 10_000

/** The keys that were lately created or removed. */
export class KnownKeys {
  /** Whether a key has a row; the one learned first is first. */
  readonly #keys = new Map<string, boolean>()

  /** Whether there is a row; `undefined` when it is not known. */
  hasRow(key: string): boolean | undefined {
    return this.#keys.get(key)
  }

  /** Remembers that a row was created or removed. */
  note(key: string, hasRow: boolean): void {
    this.#keys.delete(key)
    this.#keys.set(key, hasRow)
    const [oldest] = this.#keys.keys()
    if (this.#keys.size > mostKeys && oldest !== undefined) this.#keys.delete(oldest)
  }

  /** Forgets a key whose row may or may not be there. */
  forget(key: string): void {
    this.#keys.delete(key)
  }
}
