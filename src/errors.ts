// Every error the library throws on purpose. Six classes by what a reader can do about it: mend the
// options, try again later, look at the data, resolve a conflict, store less, call earlier.
// Missing, expired and forged sessions are no errors: they are visitors. Wrong types of arguments
// are `TypeError`. No message holds a token, a key or session data, so that each may be logged and
// shown.

/**
 * Every code a coatcheck error can carry. The union is closed: a `switch` over it is complete.
 *
 * @example
 * ```ts
 * const counts = new Map<SessionErrorCode, number>()
 * ```
 */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_DECODE'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_STATE'

const brand = Symbol.for('coatcheck.error')

/**
 * What every error of coatcheck extends. `instanceof` works across two copies of the package,
 * because it compares codes and not prototypes.
 *
 * @example
 * ```ts
 * if (error instanceof SessionError && error.code === 'ERR_SESSION_STORE') retryLater()
 * ```
 */
export abstract class SessionError extends Error {
  static readonly code: SessionErrorCode | undefined = undefined

  /** What to switch on: it survives translation, bundling and two copies of the package. */
  abstract readonly code: SessionErrorCode
  /** The HTTP status a framework should answer with when nobody handles the error. */
  readonly status: number = 500

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }

  /** By brand and code. A subclass of the application's own is compared as usual. */
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
 * An option that is unknown, malformed or unsafe. Thrown where it is given: mostly when the server
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

/**
 * The verb of the store contract, or the capability, that failed.
 *
 * @example
 * ```ts
 * if (error instanceof SessionStoreError) {
 *   const operation: StoreOperation = error.operation
 *   counters.increment(`store.${operation}.failed`)
 * }
 * ```
 */
export type StoreOperation =
  | 'create'
  | 'read'
  | 'commit'
  | 'touch'
  | 'delete'
  | 'listByUser'
  | 'deleteOwned'
  | 'deleteByUser'
  | 'sweep'
  | 'ping'

/**
 * The store refused, failed or did not answer within `timeout`. `cause` is the store's own error.
 * `status` is 503: the request may succeed later, and the client's cookie is left as it is.
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
  /** Which verb failed. */
  readonly operation: StoreOperation

  constructor(operation: StoreOperation, message: string, options?: ErrorOptions) {
    super(message, options)
    this.operation = operation
  }
}

/**
 * A stored record that this version cannot read: damaged, written by a later version, or by a codec
 * that is gone. The option `onUnreadable` says whether its visitor gets this error or a new session. It
 * has no `cause`: a parser's message quotes the text it failed on, and that text is session data.
 *
 * @example
 * ```ts
 * if (error instanceof SessionDecodeError) getSession(request).logout() // what cannot be read can be ended
 * ```
 */
export class SessionDecodeError extends SessionError {
  static override readonly code = 'ERR_SESSION_DECODE'
  override readonly code = 'ERR_SESSION_DECODE'
}

/**
 * Why a change could not be saved: `overwritten` (only under `strict`: another request set the
 * same key), `busy` (the record changed under every attempt) or `outcome-unknown` (the store's
 * answer was lost, and too much has happened since to tell whether the change was applied).
 *
 * @example
 * ```ts
 * const answers: Record<SessionConflictReason, string> = {
 *   overwritten: 'Somebody else has changed this.',
 *   busy: 'Please try again.',
 *   'outcome-unknown': 'Please look whether it was saved.',
 * }
 * ```
 */
export type SessionConflictReason = 'overwritten' | 'busy' | 'outcome-unknown'

/**
 * Another request's change stood in the way and replaying could not settle it. `status` is 503: the
 * same request, sent again, finds the newer state.
 *
 * @example
 * ```ts
 * if (error instanceof SessionConflictError && error.reason === 'overwritten') showBothVersions()
 * ```
 */
export class SessionConflictError extends SessionError {
  static override readonly code = 'ERR_SESSION_CONFLICT'
  override readonly code = 'ERR_SESSION_CONFLICT'
  override readonly status = 503
  /** Which of the three it was. */
  readonly reason: SessionConflictReason

  constructor(reason: SessionConflictReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/**
 * The session's encoded data is larger than `maxSize`. Thrown at the call that made it so, which then
 * has changed nothing. Sessions are for names of things, not for the things.
 *
 * @example
 * ```ts
 * if (error instanceof SessionTooLargeError) log.warn(`${error.size} of ${error.limit} bytes`)
 * ```
 */
export class SessionTooLargeError extends SessionError {
  static override readonly code = 'ERR_SESSION_TOO_LARGE'
  override readonly code = 'ERR_SESSION_TOO_LARGE'
  /** Bytes the data would take. */
  readonly size: number
  /** Bytes allowed. */
  readonly limit: number

  constructor(message: string, size: number, limit: number) {
    super(message)
    this.size = size
    this.limit = limit
  }
}

/**
 * A call that makes no sense at this moment: after `destroy`, after the head was sent, without the
 * middleware. The message says what to do instead. It is a mistake in the program, so no handler should
 * catch it.
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

/**
 * The union of all error classes: a `switch` on `code` narrows it.
 *
 * @example
 * ```ts
 * function explain(error: AnySessionError): string {
 *   switch (error.code) {
 *     case 'ERR_SESSION_STORE':
 *       return `the store failed at ${error.operation}`
 *     case 'ERR_SESSION_TOO_LARGE':
 *       return `${error.size} of ${error.limit} bytes`
 *     default:
 *       return error.message
 *   }
 * }
 * ```
 */
export type AnySessionError =
  | SessionConfigError
  | SessionStoreError
  | SessionDecodeError
  | SessionConflictError
  | SessionTooLargeError
  | SessionStateError
