// What handlers hold. A session looks like a map that changes at once, and underneath records what
// was done: reading and changing stay synchronous, and a conflict with another request can be
// replayed instead of lost. The class itself decides little. It checks what it is given, hands it
// to SessionState, and asks its host, the manager, for the three calls that wait. Values come from
// SessionValues, its base class, which a transaction hands out as well. Next: session-state.ts,
// then operations.ts.

import { SessionStateError } from '../errors.ts'
import { readOptions } from '../options.ts'
import { checkCarryOver, checkDetails, checkFunction, checkName, checkUserId } from './check-arguments.ts'
import { login, rotate } from './operations.ts'
import type { SessionState } from './session-state.ts'
import { SessionValues } from './session-values.ts'
import type { Frozen, NameOf, SessionData, ValueOf } from './types.ts'

/**
 * Options of {@link Session.login}.
 *
 * @example
 * ```ts
 * const options: LoginOptions<{ cart: string[]; draft: string }> = { carryOver: ['cart'], details: 'Safari on iPhone' }
 * ```
 */
export interface LoginOptions<Data = SessionData> {
  /** The only values that a visitor's session keeps. @default all of them */
  carryOver?: readonly NameOf<Data>[]
  /** A note for a list of devices, such as "Firefox on Linux". At most 1024 characters. */
  details?: string
}

/** What a {@link Session} asks of its manager. @internal */
export interface SessionHost {
  /** Saves what the state has recorded. @throws what the save failed with */
  save(state: SessionState): Promise<void>
  /** Resolves to `undefined` when the session ended meanwhile and nothing ran on live data. */
  transact<Result>(
    state: SessionState,
    run: (values: SessionValues<unknown>) => Result,
  ): Promise<{ result: Result } | undefined>
}

/** The manager's way to what a session keeps to itself. @internal */
export let stateOf: (session: object) => SessionState

/**
 * One visitor's session during one request. Reading and changing is synchronous: changes are recorded,
 * and replayed on the freshest record before the response leaves. Only {@link save}, {@link consume}
 * and {@link transaction} wait.
 *
 * Printed, logged or turned into JSON it shows its handle, never the token.
 *
 * @example
 * ```ts
 * session.set('theme', 'dark')
 * session.update('cart', (cart = []) => [...cart, 'scarf'])
 * log.info(`saved with the response: ${session}`) // Session 3f0c…
 * ```
 */
export class Session<Data = SessionData> extends SessionValues<Data> {
  readonly #state: SessionState
  readonly #host: SessionHost

  static {
    stateOf = (session) => {
      if (!(#state in session)) throw new TypeError('expected a session made by a session manager')
      return session.#state
    }
    const inspect = Symbol.for('nodejs.util.inspect.custom')
    Object.defineProperty(this.prototype, inspect, { value: describeSession })
  }

  /** @internal */
  constructor(state: SessionState, host: SessionHost) {
    super(state)
    this.#state = state
    this.#host = host
    // A value set as a property, as with other libraries, would be lost in silence: now it throws.
    Object.preventExtensions(this)
  }

  /** The token, 64 hex characters: a secret that only this browser may hold. Show {@link handle} instead. */
  get id(): string {
    return this.#state.use().credentials.current
  }

  /** The public name, 24 hex characters: for logs, device lists and admin pages. */
  get handle(): string {
    return this.#state.use().handle
  }

  /** Whether nothing is stored yet. */
  get isNew(): boolean {
    return this.#state.use().record === undefined
  }

  /** Whose session it is; `undefined` for a visitor. */
  get userId(): string | undefined {
    return this.#state.currentDraft().userId
  }

  /** When the session began. */
  get createdAt(): Date {
    return new Date(this.#state.use().times.createdAt)
  }

  /** When it ends if nobody comes back: the earlier of its idle end and its last end. */
  get expiresAt(): Date {
    return new Date(this.#state.use().times.expiresAt)
  }

  /**
   * Binds the session to a user, replaces the token and restarts `maxAge`. A visitor's data and the
   * same user's stay; another user's is dropped. Call it after every successful sign-in: a token known
   * before is worthless afterwards (session fixation, CWE-384).
   *
   * @example
   * ```ts
   * session.login('u_123', { carryOver: ['cart'], details: 'Firefox on Linux' })
   * ```
   * @throws TypeError when `userId` is not a string of 1 to 256 characters.
   * @throws {@link SessionConfigError} for an option that does not exist.
   * @throws {@link SessionStateError} after the head was sent.
   */
  login(userId: string, options: LoginOptions<Data> = {}): void {
    checkUserId(userId)
    const { carryOver, details } = readOptions('login', options, ['carryOver', 'details'])
    checkDetails(details)
    checkCarryOver(carryOver)
    this.#state.changeIdentity('login', login(userId, details, carryOver && [...carryOver]))
  }

  /**
   * Replaces the token and keeps everything else. The old one ends at once. For a change of rights
   * without a login, such as entering an administrator's mode (OWASP: renew after any privilege
   * change).
   *
   * @throws {@link SessionStateError} after the head was sent: the new token could not reach the
   * browser.
   */
  regenerateId(): void {
    this.#state.changeIdentity('regenerateId', rotate())
  }

  /**
   * Ends the session for good and clears the cookie. What is set afterwards, such as a flash message,
   * begins a new session with a new token. No request that is still under way brings the old one back.
   *
   * @throws {@link SessionStateError} after the head was sent.
   */
  logout(): void {
    this.#state.end('logout')
  }

  /**
   * Ends the session for good and clears the cookie. Any later call on it throws.
   *
   * @throws {@link SessionStateError} after the head was sent.
   */
  destroy(): void {
    this.#state.end('destroy')
  }

  /**
   * Saves now rather than when the response leaves. What it saved stays, even if the handler fails
   * later. Resolves as well when the session has ended meanwhile and the changes were dropped.
   *
   * @example
   * ```ts
   * await session.save() // before a slow call, so that its result is not lost with a crash
   * ```
   * @throws {@link SessionStoreError} when the store fails; the response then is an error, too.
   * @throws {@link SessionConflictError} when another request stood in the way eight times, or under
   * `strict`.
   */
  save(): Promise<void> {
    return markHandled((async () => this.#host.save(this.#state.use()))())
  }

  /**
   * Takes a value that works once, such as a reset code: of all requests on all servers exactly one
   * gets it, the others get `undefined`. Saves at once.
   *
   * @example
   * ```ts
   * if ((await session.consume('resetCode')) !== given) return refuse(response)
   * ```
   * @throws {@link SessionStoreError} when the store fails: nobody can tell then whether it was taken.
   */
  consume<Name extends NameOf<Data>>(name: Name): Promise<Frozen<ValueOf<Data, Name>> | undefined> {
    return markHandled(this.#consume(name))
  }

  /**
   * Runs a function on the freshest data, together with what the request did before, saves, and
   * resolves to what it returned. Like an `update` over several values: synchronous, pure, and run
   * again on a conflict.
   *
   * @example
   * ```ts
   * const sold = await session.transaction((values) => {
   *   const left = values.get('seats') ?? 0
   *   if (left > 0) values.set('seats', left - 1)
   *   return left > 0
   * })
   * ```
   * @throws TypeError when the function returns a promise.
   * @throws {@link SessionStateError} when the session ended meanwhile.
   * @throws {@link SessionStoreError} when the store fails: nobody can tell then whether it was saved.
   */
  transaction<Result>(run: (values: SessionValues<Data>) => Result): Promise<Result> {
    return markHandled(this.#runTransaction(run))
  }

  /** A transaction of one `take`. */
  async #consume<Name extends NameOf<Data>>(name: Name): Promise<Frozen<ValueOf<Data, Name>> | undefined> {
    checkName(name)
    const outcome = await this.#transact((values) => values.take(name))
    return outcome?.result
  }

  /** A transaction that nobody ran would have no result to give. */
  async #runTransaction<Result>(run: (values: SessionValues<Data>) => Result): Promise<Result> {
    checkFunction('run', run)
    const outcome = await this.#transact(run)
    if (outcome) return outcome.result
    throw new SessionStateError('the session ended while the transaction ran: nothing was saved')
  }

  #transact<Result>(run: (values: SessionValues<Data>) => Result): Promise<{ result: Result } | undefined> {
    return this.#host.transact(
      this.#state.use(),
      run as unknown as (values: SessionValues<unknown>) => Result,
    )
  }

  /** What `JSON.stringify` shows: enough to find the session in a log, nothing that opens it. */
  toJSON(): { handle: string } {
    this.#state.exchange.isAccessed = true
    return { handle: this.#state.handle }
  }

  /** What a template literal shows: the handle. */
  override toString(): string {
    return `Session ${this.toJSON().handle}`
  }
}

/** Keeps a rejection that nobody awaits from ending the process: the response reports the failure anyway. */
function markHandled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {})
  return promise
}

/** Inspecting is for logs: it does not make the response depend on the session. */
function describeSession(this: Session<unknown>): string {
  return `Session { handle: '${stateOf(this).handle}' }`
}
