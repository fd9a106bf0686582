import { SessionStateError } from '../errors.ts'
import type { Session } from '../session/session.ts'
import type { SessionData } from '../session/types.ts'

interface Binding {
  readonly manager: object
  readonly session: object
  readonly next: Binding | undefined
}

/** The private key under which a request carries its sessions: nothing an application does collides with it. */
const slot = Symbol('coatcheck')

type Bound = { [slot]?: Binding }

/** Notes on a request, or whatever a framework hands to its handlers, which session is its. */
export function bindSession(context: object, manager: object, session: object): void {
  const bound = context as Bound
  bound[slot] = { manager, session, next: bound[slot] }
}

/** The session that `manager` bound to the context. @throws {@link SessionStateError} */
export function findSession(context: object, manager: object): object {
  for (let binding = (context as Bound)[slot]; binding; binding = binding.next) {
    if (binding.manager === manager) return binding.session
  }
  throw new SessionStateError(
    'this session manager does not serve this request: add its middleware before the handler',
  )
}

/**
 * The session of a request.
 *
 * @throws {@link SessionStateError} without the middleware, and when two managers serve the request.
 * @example
 * ```ts
 * app.get('/', (request, response) => response.send(`Hello ${getSession(request).userId}`))
 * ```
 */
export function getSession(context: object): Session<SessionData> {
  const binding = (context as Bound | undefined)?.[slot]
  if (!binding) {
    throw new SessionStateError(
      'no session on this request: add the middleware before the handler, as in app.use(session())',
    )
  }
  if (binding.next) {
    throw new SessionStateError(
      'two session managers serve this request: say which one, as in sessions.get(request)',
    )
  }
  return binding.session as Session<SessionData>
}
