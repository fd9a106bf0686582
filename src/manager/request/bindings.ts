// Which session belongs to which request. The binding is stored on the request itself, in a private
// field: it lives as long as the request, several managers may each have one, and no property is
// visible to code that copies, lists or prints requests.

import { SessionConfigError, SessionStateError } from '../../contract/errors.ts'
import type { Session } from '../../session/session.ts'

/** A session bound to a request. Mostly there is one; a second manager links its own before it. */
export interface Binding {
  readonly manager: object
  readonly session: object
  /** The name of the manager's cookie. */
  readonly cookie: string
  readonly next: Binding | undefined
}

/**
 * A constructor that returns its argument. A derived class then adds its private fields to that object
 * instead of a new one (ECMAScript's "return override"). A WeakMap would do the same, but takes ten
 * times as long.
 */
const ReturnOverride = function (context: object): object {
  return context
} as unknown as new (context: object) => object

/** A request, or whatever a framework passes to its handlers, with its sessions in a private field. */
export class BoundContext extends ReturnOverride {
  #binding: Binding

  constructor(context: object, binding: Binding) {
    super(context)
    this.#binding = binding
  }

  /** Makes a session the one that its manager serves this request with. */
  static attach(context: object, manager: object, session: object, cookie: string): void {
    if (#binding in context) context.#binding = { manager, session, cookie, next: context.#binding }
    else Reflect.construct(BoundContext, [context, { manager, session, cookie, next: undefined }])
  }

  /** The newest binding of a request. */
  static newestOf(context: unknown): Binding | undefined {
    const isObject = (typeof context === 'object' && context !== null) || typeof context === 'function'
    return isObject && #binding in context ? context.#binding : undefined
  }
}

/** The binding of one manager. */
function findBinding(context: object, manager: object): Binding | undefined {
  let binding = BoundContext.newestOf(context)
  while (binding && binding.manager !== manager) binding = binding.next
  return binding
}

/**
 * Whether a request has a session of this manager. Two managers with one cookie name would take turns replacing each
 * other's cookie, and each would find the other's token at the next request and begin anew.
 *
 * @throws {@link SessionConfigError} when another manager of this cookie name serves the request.
 */
export function isServed(context: object, manager: object, cookie: string): boolean {
  let isFound = false
  for (let binding = BoundContext.newestOf(context); binding; binding = binding.next) {
    if (binding.manager === manager) isFound = true
    else if (binding.cookie === cookie) {
      throw new SessionConfigError(
        `cookie.name: received '${cookie}', which another session manager on this request uses as well; ` +
          'allowed is a name of its own for each manager, or one manager for both',
      )
    }
  }
  return isFound
}

// How a handler gets its session: from the request alone, or from a manager, which also gives it
// the manager's type. Bindings are made by the adapter's middleware, so an error here names it.

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
