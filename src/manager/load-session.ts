// What a load adds to the state that load.ts reads: under `eager` the row of a visitor who has none, what
// `onStoreFailure` says when the store has failed at either, and the public Session around it all.

import { matchesPath } from '../cookie/match-path.ts'
import { SessionStateError, SessionStoreError } from '../errors.ts'
import { isPromise } from '../is-promise.ts'
import { ownProperty } from '../own-property.ts'
import { SessionState } from '../session/session-state.ts'
import { Session } from '../session/session.ts'
import type { Awaitable } from '../store.ts'
import { loadState } from './load.ts'
import type { ManagerSettings } from './resolve-options.ts'
import type { Saver } from './saving/saver.ts'
import type { SessionRequest } from './session-manager.ts'
import type { RequestLine } from './session-options.ts'
import type { Toucher } from './upkeep/toucher.ts'

/** What a load needs of its manager. */
export interface LoadParts {
  readonly settings: ManagerSettings
  readonly saver: Saver
  readonly toucher: Toucher
}

/** The session of a request. Stays synchronous when the store answers at once. */
export function loadSession<Data>(parts: LoadParts, request: SessionRequest): Awaitable<Session<Data>> {
  const state = loadState(parts.settings, parts.toucher, request.cookie)
  return isPromise(state)
    ? state.then((loaded) => openSession<Data>(parts, loaded, request))
    : openSession(parts, state, request)
}

function openSession<Data>(
  { settings, saver }: LoadParts,
  state: SessionState,
  request: SessionRequest,
): Awaitable<Session<Data>> {
  const { exchange } = state
  const [method, path] = [ownProperty(request, 'method'), ownProperty(request, 'path')]
  exchange.isSecure = request.secure
  exchange.line = method && path ? { method, path } : undefined
  // A cookie that opened a session will be sent again, whatever the path says.
  exchange.isOutside = !state.record && path !== undefined && !matchesPath(settings.cookie, path)
  const open = (): Session<Data> => {
    const { failure } = state
    if (failure instanceof SessionStoreError && allowsVisitor(settings, exchange.line)) {
      state.failure = undefined
      state.outage = failure
      settings.emit({ type: 'degraded', error: failure })
    }
    return new Session<Data>(state, saver)
  }
  return settings.eager && canCreateEagerly(state) ? saver.createEagerly(state).then(open) : open()
}

/**
 * What `onStoreFailure` says about a request. A function that throws must not make the load fail, nor an
 * asynchronous one that rejects end the process.
 */
function allowsVisitor(
  { onStoreFailure: policy, emit }: ManagerSettings,
  line: RequestLine | undefined,
): boolean {
  if (typeof policy !== 'function') return policy === 'visitor'
  if (!line) return false
  let answer: unknown
  // A promise catches both, and takes fewer bytes than `try` and a promise.
  new Promise((resolve) => resolve((answer = policy(line)))).catch((error: unknown) =>
    emit({ type: 'failed', during: 'load', error: error as Error }),
  )
  return answer === 'visitor'
}

/**
 * Whether `eager` may create a session: not when the store has failed, not when the browser is about to receive a
 * newer cookie, which this one would replace, and not where it would never send the cookie back.
 */
function canCreateEagerly({ record, failure, replaced, exchange }: SessionState): boolean {
  return !record && !failure && !replaced && !exchange.isOutside
}

/** The session of a request that the option `skip` exempts: any use of it throws. */
export function createSkippedSession<Data>(settings: ManagerSettings, saver: Saver): Session<Data> {
  const state = new SessionState(settings)
  state.failure = new SessionStateError('the option skip exempts this request from sessions')
  return new Session<Data>(state, saver)
}
