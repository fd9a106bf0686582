// Which session belongs to which request, and how a handler gets it: from the request alone, or from a manager. The
// binding is stored on the request itself, in a private field: it lives as long as the request, several managers may
// each have one, and no property is visible to code that copies, lists or prints requests.

import { isPromise } from '../../awaitable.ts'
import type { Awaitable } from '../../awaitable.ts'
import { SessionConfigError, SessionStateError } from '../../contract/errors.ts'
import type { Session } from '../../session/session.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/** An exchange on a request. Mostly there is one; a second manager links its own before it. @internal */
export interface Binding {
  /** Of its manager, which they identify: a manager may be spread into another object. */
  readonly settings: ManagerSettings
  readonly next: Binding | undefined
  /** A promise while the session is loaded. */
  exchange: Awaitable<BoundExchange>
  /** Whether an adapter has bound the object: before, handlers find nothing on it. */
  isBound: boolean
}

/** What is found on a request. @internal */
export interface BoundExchange {
  readonly session: object
}

/**
 * A constructor that returns its argument. A derived class then adds its private fields to that object
 * instead of a new one (ECMAScript's "return override"). A WeakMap would do the same, but takes ten
 * times as long.
 */
const ReturnOverride = function (context: object): object {
  return context
} as unknown as new (context: object) => object

/** A request, or whatever a framework passes to its handlers, with its exchanges in a private field. */
class BoundContext extends ReturnOverride {
  #binding: Binding

  constructor(context: object, binding: Binding) {
    super(context)
    this.#binding = binding
  }

  /** Puts a binding before the others of a request. */
  static attach(context: object, binding: Binding): void {
    if (#binding in context) context.#binding = binding
    else Reflect.construct(BoundContext, [context, binding])
  }

  /** The newest binding of a request. */
  static newestOf(context: unknown): Binding | undefined {
    const isObject = (typeof context === 'object' && context !== null) || typeof context === 'function'
    return isObject && #binding in context ? context.#binding : undefined
  }
}

/**
 * The binding of a manager on a request, bound or not. Two managers with one cookie name would take turns replacing each
 * other's cookie, and each would find the other's token at the next request and begin anew.
 *
 * @throws {@link SessionConfigError} when another manager of this cookie name serves the request.
 *
 * @internal
 */
export function findBinding(context: object, settings: ManagerSettings): Binding | undefined {
  const { name } = settings.cookie
  let found: Binding | undefined
  for (let binding = BoundContext.newestOf(context); binding; binding = binding.next) {
    if (binding.settings === settings) found = binding
    else if (binding.settings.cookie.name === name) {
      throw new SessionConfigError(
        `cookie.name: received '${name}', which another session manager on this request uses as well; ` +
          'allowed is a name of its own for each manager, or one manager for both',
      )
    }
  }
  return found
}

/** Remembers on a request the exchange that was opened for it. @internal */
export function rememberExchange(
  request: object,
  settings: ManagerSettings,
  exchange: Awaitable<BoundExchange>,
): void {
  const binding: Binding = { settings, exchange, isBound: false, next: BoundContext.newestOf(request) }
  BoundContext.attach(request, binding)
  if (!isPromise(exchange)) return
  void exchange.then(
    (opened) => {
      if (!binding.isBound) binding.exchange = opened
    },
    () => {},
  )
}

/** Lets handlers find an exchange on an object. Returns `false` where they did before. @internal */
export function bindExchange(context: object, settings: ManagerSettings, exchange: BoundExchange): boolean {
  let binding = findBinding(context, settings)
  if (!binding) {
    binding = { settings, exchange, isBound: false, next: BoundContext.newestOf(context) }
    BoundContext.attach(context, binding)
  }
  if (binding.isBound) return false
  // Whatever was opened for the object before: what handlers find is what somebody concludes.
  binding.exchange = exchange
  binding.isBound = true
  return true
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
export function getSession(context: object): Session {
  let found: Binding | undefined
  for (let binding = BoundContext.newestOf(context); binding; binding = binding.next) {
    if (!binding.isBound) continue
    if (found) {
      throw new SessionStateError(
        'two session managers serve this request: say which one, as in sessions.get(request), or remove the second ' +
          'if session() was added twice',
      )
    }
    found = binding
  }
  if (!found) {
    throw new SessionStateError(
      'no session on this request: add the middleware before the handler, as in app.use(session()). ' +
        '(A request that the option skip exempts has none.)',
    )
  }
  return (found.exchange as BoundExchange).session as Session
}

/**
 * The session that a manager has bound to a request.
 *
 * @throws {@link SessionStateError} when the manager does not serve the request.
 *
 * @internal
 */
export function findSession(context: object, settings: ManagerSettings): object {
  let binding = BoundContext.newestOf(context)
  while (binding && binding.settings !== settings) binding = binding.next
  if (binding?.isBound) return (binding.exchange as BoundExchange).session
  throw new SessionStateError(
    'this session manager does not serve this request: add its middleware before the handler',
  )
}
