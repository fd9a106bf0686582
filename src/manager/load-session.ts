// What a load adds to the state that load.ts reads: the public Session around it, and under `eager`
// the row of a visitor who has none.

import { SessionStateError } from '../errors.ts'
import { isPromise } from '../is-promise.ts'
import { SessionState } from '../session/session-state.ts'
import { Session } from '../session/session.ts'
import type { Awaitable } from '../store.ts'
import { loadState } from './load.ts'
import type { ManagerSettings } from './resolve-options.ts'
import type { Saver } from './saving/saver.ts'
import type { SessionRequest } from './session-manager.ts'

/** The session of a request. Stays synchronous when the store answers at once. */
export function loadSession<Data>(
  settings: ManagerSettings,
  saver: Saver,
  request: SessionRequest,
): Awaitable<Session<Data>> {
  const state = loadState(settings, request.cookie)
  return isPromise(state)
    ? state.then((loaded) => openSession<Data>(settings, saver, loaded, request.secure))
    : openSession(settings, saver, state, request.secure)
}

function openSession<Data>(
  settings: ManagerSettings,
  saver: Saver,
  state: SessionState,
  isSecure: boolean,
): Awaitable<Session<Data>> {
  state.exchange.isSecure = isSecure
  const session = new Session<Data>(state, saver)
  if (!settings.eager || !canCreateEagerly(state)) return session
  return saver.createEagerly(state).then(() => session)
}

/**
 * Whether `eager` may create a session: not when the store has failed, and not when the browser is
 * about to receive a newer cookie, which this one would replace.
 */
function canCreateEagerly({ record, failure, exchange }: SessionState): boolean {
  return !record && !failure && !exchange.hasOutdatedToken
}

/** The session of a request that the option `skip` exempts: any use of it throws. */
export function createSkippedSession<Data>(settings: ManagerSettings, saver: Saver): Session<Data> {
  const state = new SessionState(settings)
  state.failure = new SessionStateError('the option skip exempts this request from sessions')
  return new Session<Data>(state, saver)
}
