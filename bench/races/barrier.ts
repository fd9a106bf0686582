/** Where requests wait for each other, so that they overlap for certain and not by luck. */
export class Barrier {
  #arrived = 0
  #isOpen = false
  #watchers: (() => void)[] = []

  /** Waits until `count` requests have arrived, or until the release. */
  async pass(count: number): Promise<void> {
    this.#arrived += 1
    this.#notify()
    await this.#until(() => this.#isOpen || this.#arrived >= count)
  }

  /** Waits until `count` requests stand here. */
  async gather(count: number): Promise<void> {
    await this.#until(() => this.#arrived >= count)
  }

  release(): void {
    this.#isOpen = true
    this.#notify()
  }

  async #until(isReached: () => boolean): Promise<void> {
    while (!isReached()) await new Promise<void>((resolve) => this.#watchers.push(resolve))
  }

  #notify(): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const notify of watchers) notify()
  }
}

/** Barriers by name; each exists from its first mention. */
export class Barriers {
  readonly #byName = new Map<string, Barrier>()

  get(name: string): Barrier {
    const barrier = this.#byName.get(name) ?? new Barrier()
    this.#byName.set(name, barrier)
    return barrier
  }
}
