// Where everything meets: options become settings, settings make a saver, a toucher and a sweeper,
// and one object with the public methods ties them to a request. Nothing is decided here that has a
// file of its own, so the file reads as the order of events: load, admit, commit, finish, close.
// Next: load.ts for the way in, saving/saver.ts for the way out; docs/architecture.md draws the
// whole.

import type { Closable, EvictionNotice, Pingable } from '../capabilities.ts'
import { runWithSession } from '../context.ts'
import { SessionStateError } from '../errors.ts'
import { isPromise } from '../is-promise.ts'
import { SessionState } from '../session/session-state.ts'
import { Session, stateOf } from '../session/session.ts'
import type { SessionData } from '../session/types.ts'
import type { Awaitable } from '../store.ts'
import { bindSession, findSession, isBound } from './bindings.ts'
import { callStore } from './call-store.ts'
import { handleRequest } from './handle-request.ts'
import { loadState } from './load.ts'
import { resolveOptions } from './resolve-options.ts'
import { Saver } from './saving/saver.ts'
import { decideHeaders } from './session-headers.ts'
import type { SessionHeaders } from './session-headers.ts'
import type { SessionManager, SessionResponse } from './session-manager.ts'
import type { SessionOptions } from './session-options.ts'
import { Sweeper } from './upkeep/sweeper.ts'
import { PendingTasks } from './upkeep/pending-tasks.ts'
import { Toucher } from './upkeep/toucher.ts'
import { UserSessions } from './user-sessions.ts'

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
  const { store, clock, timeout, emit } = settings
  const tasks = new PendingTasks()
  /** Sessions that were changed after the head, until that is saved. */
  const late = new Set<SessionState>()
  const saver = new Saver(settings, tasks)
  const toucher = new Toucher(settings, tasks)
  const sweeper = new Sweeper(settings, tasks)
  const userSessions = new UserSessions(settings)
  const stopListening = offers<EvictionNotice>(store, 'onEviction')
    ? store.onEviction((handle) => emit({ type: 'evicted', handle }))
    : undefined

  /** Under `eager`: a row and a token for a visitor before the handler runs. */
  async function begin(state: SessionState): Promise<Session<Data>> {
    await saver.begin(state)
    return new Session<Data>(state, saver)
  }

  /** What a handler gets that the option `skip` exempts: it says so when it is used. */
  function skipped(): Session<Data> {
    const state = new SessionState(settings)
    state.failure = new SessionStateError('the option skip exempts this request from sessions')
    return new Session<Data>(state, saver)
  }

  /** The last step of a load: what only the adapter knows, and under `eager` the session itself. */
  function admit(state: SessionState, isSecure: boolean): Awaitable<Session<Data>> {
    state.exchange.isSecure = isSecure
    return settings.eager && mayBegin(state) ? begin(state) : new Session<Data>(state, saver)
  }

  /**
   * The order matters. A failed handler's changes go first, so that nothing of them is saved. The phase
   * of the head comes before the save, so that what the handler does while it runs counts as late. The
   * headers come last: they need the token that was saved.
   */
  function commit(session: Session<Data>, response: SessionResponse): Awaitable<SessionHeaders> {
    const state = stateOf(session)
    const { exchange } = state
    const isFailing = response.hasFailed === true || response.status >= 500
    if (isFailing && !settings.commitOnError) state.dropChanges()
    if (response.isBodiless) state.keepFlash()
    if (exchange.head === 'open') exchange.head = 'saving'
    exchange.onLateChange = () => {
      late.add(state)
      response.onLateChange?.()
    }
    /** After the save, or at once without one. */
    const describe = (): SessionHeaders => {
      if (!isFailing) state.assertSaved()
      exchange.head = 'sent'
      if (state.record) toucher.touchIfDue(state.record)
      return decideHeaders(settings, state, response.cacheControl)
    }
    if (hasChanges(state)) return saver.saveBeforeHead(state).then(describe)
    saver.assertNoEdits(state)
    return describe()
  }

  /** What came after the head, whoever asks for it: the adapter, or the close of the manager. */
  async function finish(state: SessionState): Promise<void> {
    late.delete(state)
    if (hasChanges(state)) await saver.saveAfterHead(state)
  }

  /**
   * A login of this request is saved first: should it lose to another request with the same cookie, it begins a
   * session of its own, and the one it left is then one of the others.
   */
  async function revokeOthers(session: Session<Data>): Promise<number> {
    const state = stateOf(session)
    if (state.settings !== settings)
      throw new TypeError('revokeOthers: the session is of another session manager')
    if (state.currentDraft().userId !== undefined && hasChanges(state)) await saver.save(state)
    return userSessions.revokeOthers(state)
  }

  const manager: SessionManager<Data> = {
    skips: (request) => settings.skip?.(request) ?? false,
    load(request) {
      const state = loadState(settings, request.cookie)
      return isPromise(state)
        ? state.then((loaded) => admit(loaded, request.secure))
        : admit(state, request.secure)
    },
    bind: (context, session) => bindSession(context, manager, session),
    run: (session, handler) => (settings.context ? runWithSession(session, handler) : handler()),
    serves: (context) => isBound(context, manager),
    get: (context) => findSession(context, manager) as Session<Data>,
    commit,
    async finish(session) {
      await finish(stateOf(session))
    },
    async handle(request, handler) {
      const isSkipped = manager.skips({ method: request.method, path: new URL(request.url).pathname })
      return isSkipped ? handler(request, skipped()) : handleRequest(manager, request, handler)
    },
    list: (userId) => tasks.add(userSessions.list(userId)),
    revoke: (userId, handle) => tasks.add(userSessions.revoke(userId, handle)),
    revokeOthers: (session) => tasks.add(revokeOthers(session)),
    revokeAll: (userId) => tasks.add(userSessions.revokeAll(userId)),
    async ping() {
      const key = '0'.repeat(64)
      await callStore(
        'ping',
        () => (offers<Pingable>(store, 'ping') ? store.ping() : store.read(key, clock.now())),
        timeout,
        clock,
      )
    },
    async close() {
      sweeper.stop()
      stopListening?.()
      await Promise.all([...late].map(finish))
      await tasks.waitForAll()
      if (offers<Closable>(store, 'close')) await store.close()
    },
  }
  return manager
}

/** A save that is still under way must end before the response may claim that all is saved. */
function hasChanges({ journal, removals, saves }: SessionState): boolean {
  return journal.operations.length > 0 || removals.length > 0 || saves !== undefined
}

/**
 * Whether `eager` may store a session: never beside trouble with the store, and never with a cookie in
 * place of a newer one that is still on its way.
 */
function mayBegin({ record, failure, exchange }: SessionState): boolean {
  return !record && !failure && !exchange.hasOutdatedToken
}

/** A capability of a store is a method: whether it is there. */
function offers<Capability extends object>(
  store: object,
  method: keyof Capability & string,
): store is Capability {
  return typeof (store as Record<string, unknown>)[method] === 'function'
}
