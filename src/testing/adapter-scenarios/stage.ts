import { createSessionManager } from '../../manager/create-session-manager.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import type { SessionOptions } from '../../manager/session-options.ts'
import type { Session } from '../../session/session.ts'
import type {
  AdapterFeature,
  AdapterScenario,
  Loose,
  Reply,
  Routes,
  TestedAdapter,
} from '../adapter-scenario.ts'
import { Browser } from '../browser.ts'
import { ObservedStore } from './observed-store.ts'
import { createGate, waitUntil } from './waiting.ts'

/** What a scenario does at a path, with the session of the request at hand. */
export type SessionRoute = (session: () => Session<Loose>, reply: Reply) => unknown

/** A server of the adapter under test, with its sessions. */
export interface Site {
  readonly origin: string
  readonly browser: Browser
  readonly sessions: SessionManager<Loose>
  readonly store: ObservedStore
}

/** Starts the servers of one scenario. */
export interface Stage {
  /** A server with one manager on a store of its own. */
  open(routes: Readonly<Record<string, SessionRoute>>, options?: SessionOptions): Promise<Site>
  /** A server with these managers; resolves to its origin. */
  start(managers: readonly SessionManager<Loose>[], routes: Routes): Promise<string>
}

/** A scenario that stops its servers when it is over. */
export function scenario(
  name: string,
  run: (stage: Stage) => Promise<void>,
  requires?: AdapterFeature,
): AdapterScenario {
  return { name, ...(requires && { requires }), run: (adapter) => play(adapter, run) }
}

async function play(adapter: TestedAdapter, run: (stage: Stage) => Promise<void>): Promise<void> {
  const closings: (() => unknown)[] = []
  const start: Stage['start'] = async (managers, routes) => {
    const server = await adapter.start(managers, routes)
    closings.push(() => server.close(), ...managers.map((sessions) => () => sessions.close()))
    return server.origin
  }
  const open: Stage['open'] = async (routes, options) => {
    const store = new ObservedStore()
    const sessions = createSessionManager<Loose>({ store, timeout: '1m', onEvent: () => {}, ...options })
    const bound = Object.entries(routes).map(([path, route]) => [
      path,
      (context: object, reply: Reply) => route(() => sessions.get(context), reply),
    ])
    const origin = await start([sessions], Object.fromEntries(bound) as Routes)
    return { origin, browser: new Browser(origin), sessions, store }
  }
  try {
    await run({ start, open })
  } finally {
    for (const close of closings) await close()
  }
}

/**
 * Requests a path while the store takes its time, and makes sure that no answer comes before the
 * store's. Needs the route `/public`, to know that the server has gone on meanwhile.
 */
export async function requestWhileStoreWaits(
  { browser, store, origin }: Site,
  path: string,
): Promise<Response> {
  const gate = createGate()
  store.pause = gate.opened
  store.waiting = 0
  let isAnswered = false
  const answer = browser.request(path).finally(() => (isAnswered = true))
  const passTime = async (): Promise<unknown> => (await fetch(`${origin}/public`)).text()
  await waitUntil(async () => {
    await passTime()
    return store.waiting > 0
  })
  for (let count = 0; count < 5; count += 1) await passTime()
  const wasEarly = isAnswered
  store.pause = undefined
  gate.open()
  const response = await answer
  if (wasEarly) throw new Error(`${path} was answered before the session was saved`)
  return response
}
