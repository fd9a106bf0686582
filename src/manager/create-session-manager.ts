import { runWithSession } from '../context.ts'
import { SessionStateError } from '../errors.ts'
import { KeyQueue } from '../key-queue.ts'
import { Session, stateOf } from '../session/session.ts'
import type { SessionHost } from '../session/session.ts'
import type { SessionState } from '../session/session-state.ts'
import { transact } from '../session/transaction.ts'
import type { SessionData } from '../session/types.ts'
import type { Awaitable, Closable, EvictionNotice, Pingable } from '../store.ts'
import { bindSession, findSession } from './bindings.ts'
import { callStore, isPromise } from './call-store.ts'
import { createRecord } from './create-record.ts'
import { Budget } from './budget.ts'
import { handleRequest } from './handle-request.ts'
import { loadState } from './load.ts'
import { resolveOptions } from './resolve-options.ts'
import { saveState } from './save-state.ts'
import type { SaveQueue } from './save-state.ts'
import { describeHeaders } from './session-headers.ts'
import type { SessionHeaders } from './session-headers.ts'
import type { SessionManager, SessionResponse } from './session-manager.ts'
import type { SessionOptions } from './session-options.ts'
import { Sweeper } from './sweeper.ts'
import { Tasks } from './tasks.ts'
import { Toucher } from './toucher.ts'

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
  const queue: SaveQueue = new KeyQueue()
  const tasks = new Tasks()
  const toucher = new Toucher(settings, tasks)
  const sweeper = new Sweeper(settings)
  const stopListening = offers<EvictionNotice>(store, 'onEviction')
    ? store.onEviction((handle) => emit({ type: 'evicted', handle }))
    : undefined

  const host: SessionHost = {
    async save(state) {
      if (hasChanges(state)) await tasks.add(saveState(settings, queue, state))
    },
    async transact(state, run) {
      const results: ReturnType<typeof run>[] = []
      const operation = transact(run, (value) => void (results[0] = value))
      const outcome = await tasks.add(saveState(settings, queue, state, operation))
      return outcome === 'saved' ? { result: results[0] as ReturnType<typeof run> } : undefined
    },
  }

  async function begin(state: SessionState): Promise<Session<Data>> {
    await createRecord(settings, state, state.replay([], undefined), new Budget(settings)).catch((error) => {
      state.failure = error
      emit({ type: 'failed', during: 'save', error })
    })
    return new Session<Data>(state, host)
  }

  function admit(state: SessionState, isSecure: boolean): Awaitable<Session<Data>> {
    state.isSecure = isSecure
    return settings.eager && !state.record && !state.failure ? begin(state) : new Session<Data>(state, host)
  }

  function commit(session: Session<Data>, response: SessionResponse): Awaitable<SessionHeaders> {
    const state = stateOf(session)
    const isFailing = response.hasFailed === true || response.status >= 500
    if (isFailing && !settings.commitOnError) state.forget()
    else demandNoEdits(state)
    state.isHeadSent = true
    state.onLateChange = response.onLateChange
    const describe = () => describeHeaders(settings, state, response.cacheControl)
    if (hasChanges(state)) return tasks.add(saveState(settings, queue, state)).then(describe)
    if (state.record && !state.isTokenNew) toucher.touchIfDue(state.record)
    return describe()
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
    get: (context) => findSession(context, manager) as Session<Data>,
    commit,
    async finish(session) {
      const state = stateOf(session)
      if (!hasChanges(state)) return
      await tasks.add(saveState(settings, queue, state)).catch((error: Error) => {
        emit({ type: 'failed', during: 'late', handle: state.handle(), error })
      })
    },
    handle: (request, handler) => handleRequest(manager, request, handler),
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
      await tasks.settle()
      if (offers<Closable>(store, 'close')) await store.close()
    },
  }
  return manager
}

function hasChanges(state: SessionState): boolean {
  return state.operations.length > 0 || state.doomed !== undefined
}

/** An edit in place would be lost in silence: it is refused instead. */
function demandNoEdits(state: SessionState): void {
  const names = state.namesEditedInPlace()
  if (names.length === 0) return
  throw new SessionStateError(
    `'${names.join("', '")}' was edited in place, which saves nothing: use update() or set()`,
  )
}

function offers<Capability extends object>(
  store: object,
  method: keyof Capability & string,
): store is Capability {
  return typeof (store as Record<string, unknown>)[method] === 'function'
}
