/** Something that several wait for and one lets happen. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function createGate(): Gate {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

/** Holds all who arrive until so many are there: their requests then overlap for certain. */
export function createBarrier(count: number): () => Promise<void> {
  const gate = createGate()
  let arrived = 0
  return () => {
    arrived += 1
    if (arrived === count) gate.open()
    return gate.opened
  }
}
