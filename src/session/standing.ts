// What may still be done with a session in this request, and why not more. The standing is one of ten states. It
// changes only by the transitions below, each named after what has happened, and every use of the session asks it.
// docs/architecture.md draws the states; a test follows each arrow of the drawing. Next: session-state.ts.

import { SessionConflictError, SessionStateError } from '../contract/errors.ts'
import type { SessionError } from '../contract/errors.ts'
import type { SessionRecord } from '../contract/store.ts'
import type { Draft } from './draft.ts'
import type { WatchedPromise } from './watched-promise.ts'

/** What a request may want of its session: `save` stands for `touch` as well, `end` for `logout` and `destroy`. */
export type Act = 'read' | 'save' | 'end' | 'change'

/** A state of the {@link Standing}. */
export type StandingState =
  | 'open'
  | 'outside'
  | 'replaced'
  | 'undelivered'
  | 'visitor'
  | 'unreadable'
  | 'unusable'
  | 'lost'
  | 'destroyed'
  | 'public'

/** What each state allows. Everything else throws the reason that led to the state. */
export const allowed: Readonly<Record<StandingState, readonly Act[]>> = {
  /** As usual. */
  open: ['read', 'save', 'end', 'change'],
  /** The browser would not send a cookie back to this path. It reads as a visitor's. */
  outside: ['read', 'save', 'end'],
  /** The token was replaced less than a minute ago. It reads as a visitor's, and a login starts a session of its own. */
  replaced: ['read', 'save', 'end'],
  /** The client has hung up and its login was dropped. What follows it is shown, and saved nowhere. */
  undelivered: ['read', 'save', 'end'],
  /** The store has failed, and the request goes on as a visitor's. What the store holds is unknown, and must stay. */
  visitor: ['read'],
  /** The stored record cannot be read. Its user must still be able to get rid of it. */
  unreadable: ['end'],
  /** The store has failed, or the request is exempt from sessions. */
  unusable: [],
  /** A save has failed that may or may not have been applied. */
  lost: [],
  /** The handler has destroyed the session. */
  destroyed: [],
  /** The response was sent as public, so a shared cache may keep whatever it shows from now on. */
  public: [],
}

/** What is needed to remove a record. */
export interface RemovableRecord extends Pick<SessionRecord, 'key' | 'handle'> {
  /**
   * Whose it must still be: a login that comes in between is not undone. `null`: nobody's. `undefined`: anybody's,
   * for a record that cannot be read.
   */
  readonly owner?: string | null | undefined
}

/** Why the request's token opens nothing, although it did a moment ago. */
export interface ReplacedToken {
  /** The session that it opened; `undefined` when that has ended. */
  readonly record: SessionRecord | undefined
  /** Whether a `logout` with it still ends the session: it was not replaced for fear of a thief. */
  readonly mayEnd: boolean
}

/** Why a `save`, `consume` or `transaction` dropped changes or gave up. Whoever awaited it knows. */
interface Conflict {
  readonly error: SessionConflictError
  readonly promise: WatchedPromise<unknown>
}

const noConflicts: readonly Conflict[] = []

/** What the session of one request allows. Whoever learns something that matters calls a transition. */
export class Standing {
  #state: StandingState = 'open'
  /** Makes what a refused use throws: where it is thrown is then the use. */
  #createReason: (() => SessionError) | undefined
  /** Where a session that was ended goes back to. */
  #isOutside = false
  #token: ReplacedToken | undefined
  #unreadable: RemovableRecord | undefined
  #shown: Draft | undefined
  #loss: SessionError | undefined
  #conflicts = noConflicts

  // Questions.

  /** Whether this is the state. */
  is(state: StandingState): boolean {
    return this.#state === state
  }

  /** Why something is refused; `undefined` when nothing is. */
  get reason(): SessionError | undefined {
    return this.#createReason?.()
  }

  /** What the handler sees after a login that was dropped; changes of it are saved nowhere. */
  get shown(): Draft | undefined {
    return this.#shown
  }

  /** The session behind a token that was just replaced: a login of its user goes on with its values. */
  get replacedRecord(): SessionRecord | undefined {
    return this.#token?.record
  }

  /** A stored session that this one does not show, and that `logout` ends all the same. */
  get endableRecord(): SessionRecord | undefined {
    return this.#token?.mayEnd ? this.#token.record : undefined
  }

  /** A record that cannot be read, and that `logout` ends all the same. */
  get unreadableRecord(): RemovableRecord | undefined {
    return this.#unreadable
  }

  /** @throws the reason, when the state does not allow it. */
  assertAllows(act: Act): void {
    if (!allowed[this.#state].includes(act)) throw this.reason
  }

  /**
   * Throws the failure of an earlier save that may have lost changes, and of one that has lost them and that nobody
   * awaited, so that none is reported as saved.
   */
  assertSaved(): void {
    if (this.#loss) throw this.#loss
    const unknown = this.#conflicts.find(({ promise }) => !promise.isAwaited)
    if (unknown) throw unknown.error
  }

  // Transitions. What is refused already stays refused, for the same reason.

  /** The option `skip` exempts the request. */
  skip(): void {
    const error = new SessionStateError('the option skip exempts this request from sessions')
    this.#become('unusable', () => error)
  }

  /** The store has failed at the load, or at the creation of a session for a visitor before the handler runs. */
  fail(error: SessionError): void {
    this.#become('unusable', () => error)
  }

  /** The option `onStoreFailure` lets a request go on whose store has failed: an empty session can be read. */
  goOnAsVisitor(): void {
    this.#become('visitor', this.#createReason)
  }

  /**
   * The record cannot be read, wholly or at one of its values. Under `onUnreadable: 'discard'` a session that begins
   * anew takes its place, and a logout ends the record all the same.
   */
  refuseRecord(error: SessionError, isDiscarded: boolean, record?: RemovableRecord): void {
    this.#unreadable = record ?? this.#unreadable
    if (!isDiscarded) this.#become('unreadable', () => error)
  }

  /** The token was replaced a moment ago: the cookie of a new session would take the place of the newer one. */
  replaceToken(token: ReplacedToken): void {
    this.#token = token
    this.#become('replaced', createReplacedError)
  }

  /** The path of the request is outside of the cookie's. */
  leavePath(): void {
    this.#isOutside = true
    if (this.is('open') || this.is('replaced')) this.#become('outside', createOutsideError)
  }

  /** A login with a token that was replaced starts a session of its own. */
  startOwn(): void {
    if (this.is('replaced')) this.#become('open')
  }

  /** A login was dropped, because the client has hung up. `shown` is what the handler sees from then on. */
  dropLogin(shown: Draft): void {
    this.#shown = shown
    if (this.is('open')) this.#become('undelivered', createUndeliveredError)
  }

  /**
   * The session was ended. What follows starts a new one, except with a token that was replaced: it is once more
   * like a visitor's, and what was ended lends its values to no login that follows.
   */
  end(hasRecord: boolean): void {
    this.#unreadable = undefined
    this.#shown = undefined
    this.#become('open')
    if (this.#token && !hasRecord) this.replaceToken({ record: undefined, mayEnd: false })
    if (this.#isOutside) this.leavePath()
  }

  /** The session was ended for the rest of the request. */
  destroy(): void {
    this.#become('destroyed', createDestroyedError)
  }

  /**
   * The head was sent, nothing has used the session, and caches may keep what a handler would show of it from
   * now on: the empty session of a request that goes on as a visitor's is shown no more.
   */
  sendUnused(): void {
    if (this.is('visitor')) this.#become('unusable', this.#createReason)
  }

  /** The head was sent as public, and nothing has used the session. */
  sendAsPublic(): void {
    this.#become('public', createPublicError)
  }

  /** A save has failed and may or may not have been applied: no response may claim that it was. */
  loseChanges(error: SessionError): void {
    this.#loss = error
    this.#become('lost', this.#createReason === createDestroyedError ? createDestroyedError : () => error)
  }

  /** A save has dropped changes. Unless somebody awaits `promise`, no response may claim that they were saved. */
  noteConflict(error: SessionConflictError, promise: WatchedPromise<unknown>): void {
    this.#conflicts = [...this.#conflicts.filter((each) => !each.promise.isAwaited), { error, promise }]
  }

  #become(state: StandingState, createReason?: () => SessionError): void {
    this.#state = state
    this.#createReason = createReason
  }
}

function createOutsideError(): SessionStateError {
  return new SessionStateError(
    "this path is outside of the cookie's path, so the browser would never send the session's cookie back: " +
      'set cookie.path (and cookie.basePath behind a proxy that strips a prefix), or use the session inside of it',
  )
}

function createReplacedError(): SessionConflictError {
  return new SessionConflictError(
    'replaced',
    'the token of this request was replaced a moment ago, so it can no longer change the session',
  )
}

function createUndeliveredError(): SessionStateError {
  return new SessionStateError(
    "the client has hung up, so its login was dropped, and the session is not that user's to change",
  )
}

function createDestroyedError(): SessionStateError {
  return new SessionStateError('the session was destroyed in this request')
}

function createPublicError(): SessionStateError {
  return new SessionStateError(
    'the response was sent as public, so a shared cache may keep it: use the session before the first byte',
  )
}
