// Gates and barriers instead of sleeping: a scenario waits for an event, never for a length of time.

/** Something that several wait for and one lets happen. */
export interface Gate {
  /** Resolves when it is opened, and at once from then on. */
  readonly opened: Promise<void>
  open(): void
}

/** A gate that is still shut. */
export function createGate(): Gate {
  let open: (() => void) | undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open?.() }
}

/** Asks again and again, and gives up in the end: for what comes soon, but nobody tells when. */
export async function waitUntil(what: string, ask: () => unknown): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) if (await ask()) return
  throw new Error(`it did not come about in 500 requests: ${what}`)
}

/** Holds all who arrive until so many are there, or until it is opened for them. */
export interface Barrier {
  /** Waits for the others. The last one to arrive opens it for all. */
  arrive(): Promise<void>
  open(): void
}

/** Requests that meet at a barrier overlap for certain. */
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
