// Which session belongs to which request. The binding is stored on the request itself, in a private
// field: it lives as long as the request, several managers may each have one, and no property is
// visible to code that copies, lists or prints requests.

import { SessionConfigError } from '../errors.ts'

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
export function findBinding(context: object, manager: object): Binding | undefined {
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
