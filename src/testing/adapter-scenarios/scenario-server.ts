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

/** Any name may hold anything. */
export type Loose = Record<string, unknown>

/** What a scenario does at a path, with the session of the request at hand. */
export type SessionRoute = (session: () => Session<Loose>, reply: Reply) => unknown

/** A server of the adapter under test, with its sessions. */
export interface Site {
  /** A browser for the server, without cookies at first. */
  readonly browser: Browser
  /** The store of its only manager. */
  readonly store: ObservedStore
}

/** Starts the servers of one scenario. */
export interface Stage {
  /** Of a request that the server takes for one over https. */
  readonly secureHeaders: Readonly<Record<string, string>>
  /** A server with one manager on a store of its own. */
  open(routes: Readonly<Record<string, SessionRoute>>, options?: SessionOptions): Promise<Site>
  /** A server with these managers; resolves to a browser for it. */
  start(managers: readonly SessionManager<Loose>[], routes: Routes): Promise<Browser>
}

/**
 * A scenario that stops its servers when it is over.
 *
 * @param name - What the adapter must do, as a report or a test says it.
 * @param requires - What the framework must be able to do; without it the scenario is left out.
 */
export function scenario(
  name: string,
  run: (stage: Stage) => Promise<void>,
  requires?: AdapterFeature,
): AdapterScenario {
  return { name, ...(requires && { requires: [requires] }), run: (adapter) => play(adapter, run) }
}

/**
 * Runs one scenario against one adapter. Whatever it started is stopped, and what fails first is what
 * is thrown.
 */
async function play(adapter: TestedAdapter, run: (stage: Stage) => Promise<void>): Promise<void> {
  const { secureHeaders = {}, timeout = '10s' } = adapter
  const limit = parseDuration('timeout', timeout)
  const closings: (() => Promise<unknown>)[] = []
  const start: Stage['start'] = async (managers, routes) => {
    closings.push(...managers.map((sessions) => () => sessions.close()))
    const server = await withTimeout(limit, 'the server did not start', () => adapter.start(managers, routes))
    closings.unshift(() => withTimeout(limit, 'the server did not stop', () => server.close()))
    return new Browser(server.origin, limit)
  }
  const open: Stage['open'] = async (routes, options) => {
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
    await closeAll(closings).catch(() => {})
    throw error
  }
  await closeAll(closings)
}

/** All of them, one after another, even when one fails: that is thrown in the end. */
async function closeAll(closings: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closings) await close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

/**
 * Requests a path while the store takes its time, and makes sure that no answer comes before the
 * store's. Needs the route `/public`, to know that the server has gone on meanwhile.
 */
export async function requestWhileStoreWaits({ browser, store }: Site, path: string): Promise<Response> {
  const gate = createGate()
  store.pause = gate.opened
  store.waiting = 0
  let isAnswered = false
  const answer = browser.request(path).finally(() => (isAnswered = true))
  // It may fail while nobody waits for it yet.
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
