// The public face of a session. It looks like a map that changes at once, but records each change as
// an operation: reading and changing stay synchronous, and after a conflict the operations are replayed
// instead of lost. The class itself decides little: it checks arguments, delegates to SessionState, and
// calls its host, the manager, for the three asynchronous methods. Its base class SessionValues, which
// transactions use as well, has the methods for values. Next: session-state.ts, then operations.ts.

import { SessionStateError } from '../contract/errors.ts'
import {
  checkFunction,
  checkName,
  checkNoCallback,
  checkUserId,
  readLoginOptions,
} from './check-arguments.ts'
import type { LoginOptions } from './check-arguments.ts'
import { freezeClass } from './freeze-class.ts'
import { login, rotate } from './operations.ts'
import type { Operation } from './operations.ts'
import type { SessionState } from './session-state.ts'
import { SessionValues } from './session-values.ts'
import type { DataOf, Frozen, NameOf, SessionData, ValueOf } from './types.ts'
import { watchPromise } from './watched-promise.ts'

/** What a {@link Session} needs from its manager. An interface, because the manager is a layer above. @internal */
export interface SessionHost {
  /** Saves the recorded operations. Rejects when the save fails; `false` when the changes were dropped. */
  save(state: SessionState): Promise<boolean>
  /** Runs and saves a transaction. Resolves to `undefined` when the session ended meanwhile and that is no error. */
  transact<Result>(
    state: SessionState,
    run: (values: SessionValues<unknown>) => Result,
    kind?: Pick<Operation, 'isTake'>,
  ): Promise<{ result: Result } | undefined>
}

/**
 * The internal state of a session. Assigned in the class's static block, the only place where `#state` is
 * accessible.
 *
 * @param call - The method that was given the session, for the message.
 * @throws TypeError for anything but a session.
 *
 * @internal
 */
export let stateOf: (session: object, call: string) => SessionState

/**
 * One visitor's session during one request. Reading and changing is synchronous: changes are recorded,
 * and applied to the latest record before the response is sent. Only {@link save}, {@link consume} and
 * {@link transaction} are asynchronous.
 *
 * Printed, logged or converted to JSON, a session shows its handle, never its token.
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
    stateOf = (session, call) => {
      if (typeof session === 'object' && session !== null && #state in session) return session.#state
      throw createSessionTypeError(session, call)
    }
    const inspect = Symbol.for('nodejs.util.inspect.custom')
    Object.defineProperty(this.prototype, inspect, { value: describeSession })
  }

  /** @internal */
  constructor(state: SessionState, host: SessionHost) {
    super(state)
    this.#state = state
    this.#host = host
    // Other libraries store values set as properties. Here such a value would silently be lost, so it throws.
    Object.freeze(this)
  }

  /** The token, 64 hex characters: a secret that only this browser may hold. To show, use {@link handle}. */
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

  /** The user that the session is bound to; `undefined` for an anonymous visitor. */
  get userId(): string | undefined {
    return this.#state.currentDraft().userId
  }

  /** When the session began. */
  get createdAt(): Date {
    return new Date(this.#state.use().times.createdAt)
  }

  /** When the session ends unless it is used again: the earlier of the idle and the absolute end. */
  get expiresAt(): Date {
    return new Date(this.#state.use().times.expiresAt)
  }

  /**
   * Binds the session to a user, replaces the token and restarts `maxAge`. The data of an anonymous
   * visitor or of the same user is kept, another user's is dropped. Call it after every successful
   * sign-in: a token known before is worthless afterwards (session fixation, CWE-384).
   *
   * @example
   * ```ts
   * session.login('u_123', { carryOver: ['cart'], details: 'Firefox on Linux' })
   * ```
   * @throws TypeError when `userId` is not a string of 1 to 256 characters.
   * @throws {@link SessionConfigError} for an option that does not exist.
   * @throws {@link SessionStateError} after the response headers were sent.
   */
  login(userId: string, options: LoginOptions<Data> = {}): void {
    checkUserId(userId)
    const { carryOver, details } = readLoginOptions(options)
    this.#state.changeIdentity('login', login(userId, details, carryOver), userId)
    this.#state.exchange.mustClearFormer = true
  }

  /**
   * Replaces the token and keeps everything else. The old token opens nothing more; requests that had loaded the
   * session with it keep their changes for a minute. Call it when privileges change without a login (OWASP: renew
   * the session id after any privilege change).
   *
   * @example
   * ```ts
   * session.regenerateId() // the user has entered the administration area
   * ```
   * @throws {@link SessionStateError} after the response headers were sent.
   */
  regenerateId(): void {
    this.#state.changeIdentity('regenerateId', rotate('soft'))
  }

  /**
   * Ends the session for good and clears the cookie. No concurrent request brings it back. A value or
   * flash message that is set afterwards begins a new session with a new token. After the head of the response it
   * ends the session all the same, and the dead cookie stays in the browser.
   *
   * @example
   * ```ts
   * session.logout()
   * session.flash('notice', 'Goodbye')
   * ```
   */
  logout(): void {
    this.#state.logout()
  }

  /**
   * Ends the session for good and clears the cookie. Any later call throws.
   *
   * @example
   * ```ts
   * session.destroy() // unlike logout(), begins no new session
   * ```
   */
  destroy(): void {
    checkNoCallback('destroy', arguments.length)
    this.#state.destroy()
  }

  /**
   * Saves now rather than just before the response is sent. The saved changes remain even if the handler
   * fails later. Counts as a use of the session at this moment. Resolves to `true`, or to `false` when changes were
   * dropped and that is no error: under `onDropped: 'event'`, where they only took what was shown, and after the `login`
   * of a client that has hung up.
   *
   * @example
   * ```ts
   * await session.save() // before a slow call, so that a crash does not lose the changes
   * ```
   * @throws {@link SessionStoreError} when the store fails; the response then fails as well.
   * @throws {@link SessionConflictError} when the session has ended (`gone`) or its token was replaced (`replaced`) and
   * changes were dropped, after 32 conflicts with other requests (`busy`), or under `strict`.
   */
  save(): Promise<boolean> {
    checkNoCallback('save', arguments.length)
    return this.#watch((async () => this.#host.save(this.#state.assertWritable()))())
  }

  /**
   * Counts as a use of the session at this moment, for a page that stays open: the session then ends `idleTimeout`
   * from now. Stored in the background, at most once in `touchEvery`.
   *
   * @example
   * ```ts
   * setInterval(() => session.touch(), 60_000) // while somebody is looking at the stream
   * ```
   */
  touch(): void {
    this.#state.assertWritable().useNow()
  }

  /**
   * Takes a value that may be used only once, such as a reset code: of all requests on all servers
   * exactly one receives it, the others `undefined`. Saves at once. A login with a token that was just
   * replaced, as by a double click, starts a second session with a copy of the data: it can be consumed once in each.
   *
   * @example
   * ```ts
   * if ((await session.consume('resetCode')) !== given) return refuse(response)
   * ```
   * @throws {@link SessionStoreError} when the store fails: the value may have been taken or not.
   */
  consume<Name extends keyof DataOf<Data> & string>(
    name: Name,
  ): Promise<Frozen<ValueOf<Data, Name>> | undefined> {
    return this.#watch(this.#consume(name))
  }

  /**
   * Runs a function on the latest data, saves its changes together with the request's earlier ones, and
   * resolves to its result. Like an `update` of several values: the function must be synchronous and
   * pure, and runs again after a conflict.
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
   * @throws {@link SessionConflictError} when the session ended meanwhile (`gone`) or its token was replaced (`replaced`).
   * @throws {@link SessionStoreError} when the store fails: the changes may have been saved or not.
   */
  transaction<Result>(run: (values: SessionValues<Data>) => Result): Promise<Result> {
    return this.#watch(this.#runTransaction(run))
  }

  /** What `JSON.stringify` shows: the handle, which identifies the session but gives no access to it. */
  toJSON(): { handle: string } {
    this.#state.markAccessed()
    return { handle: this.#state.handle }
  }

  /** What a template literal shows: the handle. */
  override toString(): string {
    return `Session ${this.toJSON().handle}`
  }

  /** Runs a transaction that consists of one `take`. */
  async #consume<Name extends NameOf<Data>>(name: Name): Promise<Frozen<ValueOf<Data, Name>> | undefined> {
    checkName(name)
    const outcome = await this.#transact((values) => values.take(name), { isTake: true })
    return outcome?.result
  }

  /** Unlike `consume`, rejects when nothing was saved, because there is no result. */
  async #runTransaction<Result>(run: (values: SessionValues<Data>) => Result): Promise<Result> {
    checkFunction('run', run)
    const outcome = await this.#transact(run)
    if (outcome) return outcome.result
    throw new SessionStateError(
      'nothing was saved: this request has ended the session meanwhile, or its response has started',
    )
  }

  /** A failure that nobody awaits is an event, and one that lost changes fails the response as well. */
  #watch<Value>(promise: Promise<Value>): Promise<Value> {
    const state = this.#state
    const report = (error: unknown): void => state.settings.reportUnawaited(error as Error, state.handle)
    const watched = watchPromise(promise, report)
    state.watchSave(watched)
    return watched
  }

  #transact<Result>(
    run: (values: SessionValues<Data>) => Result,
    kind?: Pick<Operation, 'isTake'>,
  ): Promise<{ result: Result } | undefined> {
    return this.#host.transact(
      this.#state.assertChangeable(),
      run as unknown as (values: SessionValues<unknown>) => Result,
      kind,
    )
  }
}

freezeClass(Session)

/** Output for logs. Unlike `toJSON`, it does not count as access to the session. */
function describeSession(this: Session<unknown>): string {
  return `Session { handle: '${stateOf(this, 'inspect').handle}' }`
}

/** A user id in place of the session is the likeliest mistake. */
function createSessionTypeError(received: unknown, call: string): TypeError {
  const hint = call === 'revokeOthers' && typeof received === 'string' ? '; for a user id call revokeAll' : ''
  const kind = received === null ? 'null' : typeof received
  return new TypeError(`${call}: session must be a session of this manager, received ${kind}${hint}`)
}
