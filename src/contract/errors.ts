// Every error the library throws on purpose. There is one class for each remedy: correct the options,
// retry later, inspect the data, resolve a conflict, store less, call earlier. A missing, expired or
// forged session is not an error but a new visitor. An argument of the wrong type is a `TypeError`.
// No message contains a token, a key or session data, so all of them are safe to log.

/** Every code of a coatcheck error. The union is closed: a `switch` over it is exhaustive. */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_DECODE'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_STATE'

const brand = Symbol.for('coatcheck.error')

/**
 * The base class of all coatcheck errors. `instanceof` works across two copies of the package,
 * because it compares codes rather than prototypes.
 *
 * @example
 * ```ts
 * if (error instanceof SessionError && error.code === 'ERR_SESSION_STORE') retryLater()
 * ```
 */
export abstract class SessionError extends Error {
  static readonly code: SessionErrorCode | undefined = undefined

  /** Stable, so switch on this rather than on the name or the message. */
  abstract readonly code: SessionErrorCode
  /** The HTTP status to answer with when nothing handles the error. */
  readonly status: number = 500

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }

  /** Compares brand and code. For the application's own subclasses it compares prototypes, as usual. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, 'code')) return Function.prototype[Symbol.hasInstance].call(this, value)
    if (typeof value !== 'object' || value === null || !(brand in value)) return false
    return this.code === undefined || (value as { code?: unknown }).code === this.code
  }

  static {
    Object.defineProperty(this.prototype, brand, { value: true })
  }
}

/**
 * An option is unknown, malformed or unsafe. Thrown where the option is given, mostly when the server
 * starts. The message names the option, what was received and what is allowed.
 *
 * @example
 * ```ts
 * createSessionManager({ idleTimeout: '90d', maxAge: '30d' })
 * // SessionConfigError: idleTimeout: received '90d'; allowed is at most maxAge, 2592000 s
 * ```
 */
export class SessionConfigError extends SessionError {
  static override readonly code = 'ERR_SESSION_CONFIG'
  override readonly code = 'ERR_SESSION_CONFIG'
}

/** The store method that failed. */
export type StoreOperation =
  | 'create'
  | 'read'
  | 'commit'
  | 'touch'
  | 'delete'
  | 'listByUser'
  | 'countByUser'
  | 'deleteByHandle'
  | 'deleteByUser'
  | 'sweep'
  | 'ping'

/**
 * The store failed or did not answer within `timeout`. `cause` is the store's own error. `status` is
 * 503: the request may succeed later, and the client keeps its cookie.
 *
 * @example
 * ```ts
 * app.use((error, request, response, next) => {
 *   if (!(error instanceof SessionStoreError)) return next(error)
 *   response.status(error.status).set('Retry-After', '5').send('Please try again in a moment.')
 * })
 * ```
 */
export class SessionStoreError extends SessionError {
  static override readonly code = 'ERR_SESSION_STORE'
  override readonly code = 'ERR_SESSION_STORE'
  override readonly status = 503
  /** The method that failed. */
  readonly operation: StoreOperation

  constructor(operation: StoreOperation, message: string, options?: ErrorOptions) {
    super(message, options)
    this.operation = operation
  }
}

/**
 * A stored record cannot be read: it is damaged, or was written by a later version or another codec.
 * The option `onUnreadable` determines whether its visitor gets this error or a new session. There is
 * no `cause`: a parser's message quotes the text it failed on, and that text is session data.
 *
 * @example
 * ```ts
 * if (error instanceof SessionDecodeError) getSession(request).logout() // works on unreadable sessions
 * ```
 */
export class SessionDecodeError extends SessionError {
  static override readonly code = 'ERR_SESSION_DECODE'
  override readonly code = 'ERR_SESSION_DECODE'
}

/**
 * Why a change could not be saved: `gone` (the session has ended meanwhile), `replaced` (its token was replaced
 * meanwhile, by a login or for safety), `overwritten` (only under `strict`: another request set the same name), `busy`
 * (other requests were faster at every attempt, or those in line before it took too long), `outcome-unknown` (the
 * store's answer was lost, and the record has changed too often since to tell whether the change was applied) or
 * `revoked` (all sessions of the user were revoked while this login was being saved).
 */
export type SessionConflictReason =
  | 'gone'
  | 'replaced'
  | 'overwritten'
  | 'busy'
  | 'outcome-unknown'
  | 'revoked'

/**
 * The session conflicts with another request's changes in a way that a replay could not resolve.
 * `status` is 409 for `gone` and `replaced`, where the same request would fail again with the same cookie, and
 * otherwise 503: when the request is sent again, it sees the newer state.
 *
 * @example
 * ```ts
 * if (error instanceof SessionConflictError && error.reason === 'overwritten') showBothVersions()
 * ```
 */
export class SessionConflictError extends SessionError {
  static override readonly code = 'ERR_SESSION_CONFLICT'
  override readonly code = 'ERR_SESSION_CONFLICT'
  override readonly status: 409 | 503
  /** What kind of conflict it was. */
  readonly reason: SessionConflictReason

  constructor(reason: SessionConflictReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.status = reason === 'gone' || reason === 'replaced' ? 409 : 503
  }
}

/**
 * The session's encoded data would exceed `maxSize`. Thrown by the call that would exceed it, which
 * changes nothing. Keep identifiers in the session and the objects themselves in your database.
 *
 * @example
 * ```ts
 * if (error instanceof SessionTooLargeError) log.warn(`${error.size} of ${error.limit} bytes`)
 * ```
 */
export class SessionTooLargeError extends SessionError {
  static override readonly code = 'ERR_SESSION_TOO_LARGE'
  override readonly code = 'ERR_SESSION_TOO_LARGE'
  /** The size the data would have, in bytes. */
  readonly size: number
  /** The allowed size, in bytes. */
  readonly limit: number

  constructor(message: string, size: number, limit: number) {
    super(message)
    this.size = size
    this.limit = limit
  }
}

/**
 * A call at the wrong time or place: after `destroy`, after the response headers were sent, outside of the
 * cookie's path, or without the middleware. The message says what to do instead. It is a mistake in the program,
 * not to be caught.
 *
 * @example
 * ```ts
 * response.write('begun')
 * session.login('u_123') // SessionStateError: login() needs to send a cookie, and the response has started
 * ```
 */
export class SessionStateError extends SessionError {
  static override readonly code = 'ERR_SESSION_STATE'
  override readonly code = 'ERR_SESSION_STATE'
}

/** The union of all error classes: a `switch` on `code` narrows the type. */
export type AnySessionError =
  | SessionConfigError
  | SessionStoreError
  | SessionDecodeError
  | SessionConflictError
  | SessionTooLargeError
  | SessionStateError
