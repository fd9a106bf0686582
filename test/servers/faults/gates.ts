/** Where one request waits until the test lets it go on. */
export class Gate {
  /** Resolves when a request has come. */
  readonly arrival: Promise<void>
  readonly #opening = Promise.withResolvers<void>()
  readonly #arrive: () => void

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.arrival = promise
    this.#arrive = resolve
  }

  pass(): Promise<void> {
    this.#arrive()
    return this.#opening.promise
  }

  open(): void {
    this.#opening.resolve()
  }
}

/** Gates by name; each exists from its first mention. */
export class Gates {
  readonly #byName = new Map<string, Gate>()

  get(name: string): Gate {
    const gate = this.#byName.get(name) ?? new Gate()
    this.#byName.set(name, gate)
    return gate
  }
}
