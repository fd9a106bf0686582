import { systemClock } from '../../clock.ts'
import type { Awaitable } from '../../store.ts'

/** Something that several wait for and one lets happen. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

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

/** What `act` comes to, unless it takes longer than so many milliseconds. */
export async function within<Value>(
  limit: number,
  what: string,
  act: () => Awaitable<Value>,
): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const cancel = systemClock.schedule(limit, () =>
    late.reject(new Error(`the server did not ${what} within ${limit} ms`)),
  )
  try {
    return await Promise.race([act(), late.promise])
  } finally {
    cancel()
  }
}

/** Holds all who arrive until so many are there, or until it is opened for them. */
export interface Barrier {
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
