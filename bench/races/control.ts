import type { ServerResponse } from 'node:http'
import type { Barriers } from './barrier.ts'
import type { CountingStore } from './counting-store.ts'

/** What the control routes act on. */
export interface Control {
  readonly store: CountingStore
  readonly barriers: Barriers
  /** How many milliseconds the manager's clock is ahead. */
  readonly time: { ahead: number }
}

/** Answers the test and not the visitors: no session takes part. */
export async function answerControl(url: URL, response: ServerResponse, control: Control): Promise<void> {
  const { store, barriers, time } = control
  const barrier = barriers.get(url.searchParams.get('barrier') ?? '')
  const count = Number(url.searchParams.get('count') ?? 1)
  const actions: Record<string, () => unknown> = {
    '/control/gather': () => barrier.gather(count),
    '/control/release': () => barrier.release(),
    '/control/calls': () => store.takeCalls(),
    '/control/rows': () => store.countRows(),
    '/control/advance': () => (time.ahead += Number(url.searchParams.get('hours')) * 3_600_000),
  }
  const result = await actions[url.pathname]?.()
  response.end(JSON.stringify(result ?? null))
}
