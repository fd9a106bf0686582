// The current session for code that has no request object. It costs an AsyncLocalStorage run per request, so it is an
// option, and has an entry of its own.

import { AsyncLocalStorage } from 'node:async_hooks'
import { SessionStateError } from '../contract/errors.ts'
import type { Session } from './session.ts'
import type { SessionData } from './types.ts'

const storage = new AsyncLocalStorage<object>()

/**
 * The session of the request that is being handled, for code that has no request object.
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
      'no current session: call this while a request is handled, and pass session({ context: true })',
    )
  }
  return session as Session<Data>
}

/** Makes `session` the current one while `run` runs, and in everything it starts. @internal */
export function runWithSession<Result>(session: object, run: () => Result): Result {
  return storage.run(session, run)
}
