// Gates and barriers instead of sleeping: a scenario waits for an event, never for a length of time.

/** Lets any number of waiters continue once it is opened. */
export interface Gate {
  /** Resolves when the gate is opened. */
  readonly opened: Promise<void>
  /** Opens the gate; may be called more than once. */
  open(): void
}

/** Creates a closed gate. */
export function createGate(): Gate {
  let open: (() => void) | undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open?.() }
}

/**
 * Polls until `ask` returns true, for something that happens soon but emits no event. The limit counts
 * attempts rather than time, so that a slow machine does not fail it.
 */
export async function waitUntil(what: string, ask: () => unknown): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) if (await ask()) return
  throw new Error(`not within 500 attempts: ${what}`)
}

/** Holds everybody who arrives until a given number has arrived, or until it is opened early. */
export interface Barrier {
  /** Waits for the others. The last to arrive opens the barrier. */
  arrive(): Promise<void>
  /** Opens the barrier for everybody, whoever is missing. */
  open(): void
}

/** Creates a barrier for `count` arrivals. Requests that meet at a barrier are certain to overlap. */
export function createBarrier(count: number): Barrier {
  const { opened, open } = createGate()
  let arrived = 0
  const arrive = (): Promise<void> => {
    arrived += 1
    if (arrived === count) open()
    return opened
  }
  return { arrive, open }
}
