// The entry `coatcheck/context`: the session without a request at hand, for code deep below a
// handler. It costs an AsyncLocalStorage per request, so it is an option and an entry of its own.

import { AsyncLocalStorage } from 'node:async_hooks'
import { SessionStateError } from './errors.ts'
import type { Session } from './session/session.ts'
import type { SessionData } from './session/types.ts'

const storage = new AsyncLocalStorage<object>()

/**
 * The session of the request that is being handled, for code without a request object at hand.
 *
 * @throws {@link SessionStateError} outside a request, or without `context: true`.
 * @example
 * ```ts
 * app.use(session({ context: true }))
 * const visits = () => currentSession().get('visits')
 * ```
 */
export function currentSession<Data = SessionData>(): Session<Data> {
  const session = storage.getStore()
  if (!session) {
    throw new SessionStateError(
      'no session here: call it while a request is handled, and pass session({ context: true })',
    )
  }
  return session as Session<Data>
}

/** Makes `session` the current one while `run` runs, and in all it starts. @internal */
export function runWithSession<Result>(session: object, run: () => Result): Result {
  return storage.run(session, run)
}
