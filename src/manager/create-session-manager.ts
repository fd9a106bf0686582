// Where the parts are put together: options become settings, settings make a saver, a toucher and a
// sweeper, and one object offers the public methods. It decides nothing itself. Next: load.ts for
// the beginning of a request, committer.ts for its end, saving/saver.ts for what happens between;
// docs/architecture.md shows the whole.

import type { Closable, EvictionNotice, Pingable } from '../contract/capabilities.ts'
import { runWithSession } from '../session/current-session.ts'
import { stateOf } from '../session/session.ts'
import type { Session } from '../session/session.ts'
import type { SessionData } from '../session/types.ts'
import { BoundContext, findSession, isServed } from './request/bindings.ts'
import { callStore, hasCapability } from './call-store.ts'
import { Committer } from './request/committer.ts'
import { handleRequest } from './request/handle-request.ts'
import { createSkippedSession, loadSession } from './request/load.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ManagerSettings } from './resolve-options.ts'
import { Saver } from './saving/saver.ts'
import { applyCaching, isCachingUndecided } from './request/session-headers.ts'
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
  const parts = { settings, saver, toucher: new Toucher(settings, tasks) }
  const committer = new Committer(settings, saver)
  const userSessions = new UserSessions(settings, saver)
  const sweeper = new Sweeper(settings, tasks)
  const stopListening = reportEvictions(settings)

  const manager: SessionManager<Data> = {
    serves: (context) => isServed(context, manager, settings.cookie.name),
    skips: (request) => settings.skip?.(request) ?? false,
    load: (request) => (sweeper.start(), loadSession(parts, request)),
    bind: (context, session) => BoundContext.attach(context, manager, session, settings.cookie.name),
    run: (session, handler) => (settings.context ? runWithSession(session, handler) : handler()),
    commit: (session, response) => committer.commit(stateOf(session, 'commit'), response),
    applyCaching: (session, headers) => applyCaching(settings, stateOf(session, 'applyCaching'), headers),
    isCachingUndecided: (session) => isCachingUndecided(stateOf(session, 'isCachingUndecided')),
    finish: async (session) => committer.finish(stateOf(session, 'finish')),
    abandon: async (session, onLateChange = () => {}) =>
      committer.abandon(stateOf(session, 'abandon'), onLateChange),
    handle: async (request, handler) =>
      handleRequest(manager, request, handler, () => createSkippedSession(settings, saver)),
    get: (context) => findSession(context, manager) as Session<Data>,
    list: (userId, page) => tasks.add(userSessions.list(userId, page)),
    revoke: (userId, handle) => tasks.add(userSessions.revoke(userId, handle)),
    revokeOthers: async (session) => tasks.add(userSessions.revokeOthers(stateOf(session, 'revokeOthers'))),
    revokeAll: (userId) => tasks.add(userSessions.revokeAll(userId)),
    ping: createPing(settings),
    async close() {
      sweeper.stop()
      stopListening()
      await committer.finishAll()
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
