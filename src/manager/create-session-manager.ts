// Where the parts are put together: options become settings, settings make a saver, a toucher and a
// sweeper, and one object offers the public methods. It decides nothing itself. Next: request/open.ts for
// the beginning of a request, request/exchange.ts for its end, saving/saver.ts for what happens between;
// docs/architecture.md shows the whole.

import type { Closable, EvictionNotice, Pingable } from '../contract/capabilities.ts'
import { stateOf } from '../session/session.ts'
import type { Session } from '../session/session.ts'
import type { SessionData } from '../session/types.ts'
import { callStore, hasCapability } from './call-store.ts'
import { findSession } from './request/bindings.ts'
import { finishAll } from './request/exchange.ts'
import { handleRequest } from './request/handle-request.ts'
import { createSkippedSession } from './request/load.ts'
import { createOpening, opening } from './request/open.ts'
import type { OpeningManager, OpeningParts } from './request/open.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ManagerSettings } from './resolve-options.ts'
import { Saver } from './saving/saver.ts'
import type { SessionManager } from './session-manager.ts'
import type { SessionOptions } from './session-options.ts'
import { PendingTasks } from './upkeep/pending-tasks.ts'
import { Sweeper } from './upkeep/sweeper.ts'
import { Toucher } from './upkeep/toucher.ts'
import { UserSessions } from './upkeep/user-sessions.ts'

/** A key that no token has: `ping` reads it from a store that cannot be pinged. */
const unusedKey = '0'.repeat(64)

/**
 * Creates the session manager of an application.
 *
 * @throws {@link SessionConfigError} naming the option that is unknown, malformed or unsafe.
 * @example
 * ```ts
 * const sessions = createSessionManager<{ cart: string[] }>({ maxAge: '7d', idleTimeout: '30m' })
 * ```
 */
export function createSessionManager<Data = SessionData>(options: SessionOptions = {}): SessionManager<Data> {
  const settings = resolveOptions(options)
  const tasks = new PendingTasks()
  const saver = new Saver(settings, tasks)
  const sweeper = new Sweeper(settings, tasks)
  const parts: OpeningParts = {
    settings,
    saver,
    sweeper,
    toucher: new Toucher(settings, tasks),
    late: new Set(),
  }
  const userSessions = new UserSessions(settings, saver)
  const stopListening = reportEvictions(settings)

  const manager: OpeningManager<Data> = {
    [opening]: createOpening<Data>(parts),
    handle: async (request, handler, given = {}) =>
      handleRequest(manager, request, handler, given, () => createSkippedSession(settings, saver)),
    get: (context) => findSession(context, settings) as Session<Data>,
    list: (userId, page) => tasks.add(userSessions.list(userId, page)),
    revoke: (userId, handle) => tasks.add(userSessions.revoke(userId, handle)),
    revokeOthers: async (session) => tasks.add(userSessions.revokeOthers(stateOf(session, 'revokeOthers'))),
    revokeAll: (userId) => tasks.add(userSessions.revokeAll(userId)),
    ping: createPing(settings),
    async close() {
      sweeper.stop()
      stopListening()
      await finishAll(parts)
      await tasks.waitForAll()
      await closeStore(settings)
    },
  }
  return manager
}

/** Emits an event for each session that a bounded store evicts, until the returned function is called. */
function reportEvictions({ store, emit }: ManagerSettings): () => void {
  return hasCapability<EvictionNotice>(store, 'onEviction')
    ? store.onEviction((handle) => emit({ type: 'evicted', reason: 'capacity', handle }))
    : () => {}
}

/**
 * Asks the store whether it would take a write. One that cannot be pinged is asked for a record that does not exist.
 * Calls under way together share one check: a health check must not become a load of its own.
 */
function createPing({ store, clock, timeout }: ManagerSettings): () => Promise<void> {
  const ask = (): unknown =>
    hasCapability<Pingable>(store, 'ping') ? store.ping() : store.read(unusedKey, clock.now())
  const check = async (): Promise<void> => void (await callStore('ping', ask, timeout, clock))
  let checking: Promise<void> | undefined
  return () =>
    (checking ??= check().finally(() => {
      checking = undefined
    }))
}

async function closeStore({ store }: ManagerSettings): Promise<void> {
  if (hasCapability<Closable>(store, 'close')) await store.close()
}
