// How a handler gets its session: from the request alone, or from a manager, which also gives it
// the manager's type. Bindings are made by the adapter's middleware, so an error here names it.

import { SessionStateError } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { BoundContext, findBinding } from './bindings.ts'

/**
 * The session of a request.
 *
 * @throws {@link SessionStateError} without the middleware, and when two managers serve the request.
 * @example
 * ```ts
 * app.get('/', (request, response) => response.send(`Hello ${getSession(request).userId}`))
 * ```
 */
export function getSession(context: object): Session {
  const binding = BoundContext.newestOf(context)
  if (!binding) {
    throw new SessionStateError(
      'no session on this request: add the middleware before the handler, as in app.use(session()). ' +
        '(A request that the option skip exempts has none.)',
    )
  }
  if (binding.next) {
    throw new SessionStateError(
      'two session managers serve this request: say which one, as in sessions.get(request), or remove the second ' +
        'if session() was added twice',
    )
  }
  return binding.session as Session
}

/**
 * The session that `manager` bound to a request.
 *
 * @throws {@link SessionStateError} when the manager does not serve the request.
 */
export function findSession(context: object, manager: object): object {
  const binding = findBinding(context, manager)
  if (binding) return binding.session
  throw new SessionStateError(
    'this session manager does not serve this request: add its middleware before the handler',
  )
}
