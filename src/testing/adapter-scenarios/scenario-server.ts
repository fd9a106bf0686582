// Starts what a scenario runs against: a real server of the adapter under test, a browser that keeps
// cookies, and a store that can be delayed. Each scenario starts its own servers and stops them in any
// case, so that a runner may run scenarios in any order and a failing one leaves no socket open.

import { parseDuration } from '../../duration.ts'
import { createSessionManager } from '../../manager/create-session-manager.ts'
import type { SessionManager } from '../../manager/session-manager.ts'
import type { SessionOptions } from '../../manager/session-options.ts'
import type { Session } from '../../session/session.ts'
import type { AdapterFeature, AdapterScenario, Reply, Routes, TestedAdapter } from '../adapter-scenario.ts'
import { Browser } from '../browser.ts'
import { withTimeout } from '../with-timeout.ts'
import { ObservedStore } from './observed-store.ts'
import { createGate, waitUntil } from './waiting.ts'

/** Session data without a declared type. */
export type Loose = Record<string, unknown>

/** The handler of a path. `session` looks up the session of the current request. */
export type SessionRoute = (session: () => Session<Loose>, reply: Reply) => unknown

/** A running server of the adapter under test. */
export interface Site {
  /** A browser for the server, initially without cookies. */
  readonly browser: Browser
  /** The store of its only manager. */
  readonly store: ObservedStore
}

/** Starts the servers of one scenario. */
export interface ScenarioServers {
  /** Headers of a request that the server treats as https. */
  readonly secureHeaders: Readonly<Record<string, string>>
  /** Starts a server with one manager and a store of its own. */
  open(routes: Readonly<Record<string, SessionRoute>>, options?: SessionOptions): Promise<Site>
  /** Starts a server with the given managers; resolves to a browser for it. */
  start(managers: readonly SessionManager<Loose>[], routes: Routes): Promise<Browser>
}

/**
 * Defines a scenario whose servers are stopped at its end.
 *
 * @param name - What the adapter must do, as the name of a test.
 * @param requires - What the framework must be able to do; otherwise the scenario is left out.
 */
export function scenario(
  name: string,
  run: (servers: ScenarioServers) => Promise<void>,
  requires?: AdapterFeature,
): AdapterScenario {
  return { name, ...(requires && { requires: [requires] }), run: (adapter) => runScenario(adapter, run) }
}

/**
 * Runs a scenario against an adapter and stops everything it started. The first failure is thrown; an
 * error while stopping must not hide the assertion that failed before it.
 */
async function runScenario(
  adapter: TestedAdapter,
  run: (servers: ScenarioServers) => Promise<void>,
): Promise<void> {
  const { secureHeaders = {}, timeout = '10s' } = adapter
  const limit = parseDuration('timeout', timeout)
  const closers: (() => Promise<unknown>)[] = []
  const start: ScenarioServers['start'] = async (managers, routes) => {
    // Servers are stopped before managers are closed: a request in progress still needs its manager.
    closers.push(...managers.map((sessions) => () => sessions.close()))
    const server = await withTimeout(limit, 'the server did not start', () => adapter.start(managers, routes))
    closers.unshift(() => withTimeout(limit, 'the server did not stop', () => server.close()))
    return new Browser(server.origin, limit)
  }
  const open: ScenarioServers['open'] = async (routes, options) => {
    const store = new ObservedStore()
    const sessions = createSessionManager<Loose>({ store, timeout: '1m', onEvent: () => {}, ...options })
    const bound = Object.entries(routes).map(([path, route]) => [
      path,
      (context: object, reply: Reply) => route(() => sessions.get(context), reply),
    ])
    return { browser: await start([sessions], Object.fromEntries(bound) as Routes), store }
  }
  try {
    await run({ secureHeaders, start, open })
  } catch (error) {
    await closeAll(closers).catch(() => {})
    throw error
  }
  await closeAll(closers)
}

/** Calls all of them in order, even if some fail, and then throws the first failure. */
async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) await close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

/**
 * Requests a path while the store delays its answer, and makes sure that no response arrives before
 * it. Needs the route `/public`, whose responses prove that the server had time to respond.
 */
export async function requestWhileStoreWaits({ browser, store }: Site, path: string): Promise<Response> {
  const gate = createGate()
  store.pause = gate.opened
  store.waiting = 0
  let isAnswered = false
  const answer = browser.request(path).finally(() => (isAnswered = true))
  // It may reject before it is awaited, which must not count as unhandled.
  answer.catch(() => {})
  try {
    const stranger = browser.another()
    await waitUntil(`${path} saves its session`, async () => {
      await stranger.text('/public')
      return store.waiting > 0
    })
    for (let count = 0; count < 5; count += 1) await stranger.text('/public')
    if (isAnswered) throw new Error(`${path} was answered before the session was saved`)
  } finally {
    store.pause = undefined
    gate.open()
  }
  return answer
}
