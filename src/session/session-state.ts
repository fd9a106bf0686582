// The hub of one request. Handler, manager and saver all reach the session through it, so it holds what
// they share: the stored record, and which records are to be removed. standing.ts has what may still be done,
// exchange-state.ts what concerns the response and its tokens, lifetime.ts the uses, journal.ts what the handler did.
// A save begins with `takeChanges` and ends with `rebase`.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import { SessionConflictError, SessionDecodeError, SessionStateError } from '../contract/errors.ts'
import type { SessionError } from '../contract/errors.ts'
import { ownRecord } from '../contract/record.ts'
import type { SessionRecord } from '../contract/store.ts'
import { generateHandle } from '../id/token.ts'
import type { Draft, StateSettings } from './draft.ts'
import { Credentials, ExchangeState } from './exchange-state.ts'
import { Journal } from './journal.ts'
import { Activity } from './lifetime.ts'
import type { UseRecorder } from './lifetime.ts'
import type { Operation } from './operations.ts'
import type { Workspace } from './session-values.ts'
import { Standing } from './standing.ts'
import type { RemovableRecord } from './standing.ts'
import type { WatchedPromise } from './watched-promise.ts'

const noRecords: readonly RemovableRecord[] = []

/**
 * One session during one request, as its manager sees it: the record that was read, what has happened
 * to it since, and what is still allowed. Five parts have a class of their own: {@link Standing}, {@link ExchangeState},
 * {@link Credentials}, {@link Activity} and {@link Journal}. A handler sees only {@link Session}.
 */
export class SessionState implements Workspace {
  /** The same for all sessions of a manager. */
  readonly settings: StateSettings
  /** What concerns the request and its response. */
  readonly exchange: ExchangeState
  /** The tokens, old and new. */
  readonly credentials: Credentials = new Credentials()
  /** What the handler did and no save has taken yet. */
  readonly journal: Journal
  /** Its uses in this request. */
  readonly activity: Activity
  /** What may still be done with the session. */
  readonly standing: Standing = new Standing()
  /** The stored record as this request knows it; `undefined` for a new session. */
  record: SessionRecord | undefined
  /** A session of the same user whose values a login of this request goes on with, in a session of its own. */
  inherited: SessionRecord | undefined
  /** Incremented by each `logout` and `destroy`, so that a save that began earlier cannot undo one. */
  generation = 0
  /** The records that `logout` or `destroy` ended and no save has removed yet. */
  removals: readonly RemovableRecord[] = noRecords
  /** Settles when the saves of this session that are running or waiting are done; `undefined` without one. */
  saves: Promise<unknown> | undefined
  #newHandle: string | undefined

  constructor(settings: StateSettings, useRecorder?: UseRecorder) {
    this.settings = settings
    this.exchange = new ExchangeState(settings.clock.now())
    this.journal = new Journal(settings)
    this.activity = new Activity(settings, this.exchange, useRecorder)
  }

  /** The public name: the record's, or the one it will get. */
  get handle(): string {
    return this.record?.handle ?? (this.#newHandle ??= generateHandle())
  }

  /** The record that the values come from; `undefined` for a session that begins empty. */
  get base(): SessionRecord | undefined {
    return this.record ?? this.inherited
  }

  /** Whether the session must be saved. True during a save: it must finish before the response is sent. */
  get hasChanges(): boolean {
    return this.journal.hasOperations || this.removals.length > 0 || this.saves !== undefined
  }

  /** When the session was created and when it ends if it is not used again, in milliseconds since 1970. */
  get times(): { createdAt: number; expiresAt: number } {
    return this.activity.timesOf(this.record)
  }

  /** Called by every public method: marks the response as dependent on the session, and throws if it is unusable. */
  use(): this {
    // Nothing of a response that was sent as public depends on a session that refuses to be used.
    if (!this.standing.is('public')) this.markAccessed()
    this.standing.assertAllows('read')
    if (!this.journal.draft) this.#openDraft()
    return this
  }

  /** The response depends on the session from now on. The first time is a use, as of the request's arrival. */
  markAccessed(): void {
    if (this.exchange.isAccessed) return
    this.exchange.isAccessed = true
    this.recordArrival()
  }

  /** Records the request itself as a use of the session, once. */
  recordArrival(): void {
    this.activity.recordArrival(this.record)
  }

  /** A use at this moment, later than the request's arrival: `save` and `touch`. */
  useNow(): void {
    this.activity.useNow(this.record)
  }

  /** Called by every method that changes or saves the session. Throws as {@link use}, and what the standing refuses with. */
  assertWritable(): this {
    this.use().standing.assertAllows('save')
    return this
  }

  /** The values as the handler sees them. Throws as {@link use}. */
  currentDraft(): Draft {
    const { journal, standing } = this.use()
    return standing.shown ?? (journal.draft as Draft)
  }

  /** Decodes a value that cannot be frozen, for this request only. The save detects an edit in place. */
  revive(name: string, encoded: EncodedValue, codec: ValueCodec): unknown {
    return this.#decode(() => this.journal.revived.revive(name, encoded, codec))
  }

  /**
   * Applies an operation and records it for the next save. After the head only a stored session can
   * change: a new one would need a cookie.
   *
   * @throws {@link SessionStateError} then, and as {@link assertWritable}
   */
  change(operation: Operation): void {
    this.journal.assertIdle()
    if (this.standing.shown) return this.#showOnly(operation, this.currentDraft())
    const draft = this.assertChangeable(operation).journal.draft as Draft
    const isLate = this.exchange.head !== 'open'
    if (isLate && !this.record && !this.saves && !this.exchange.isGone) {
      throw new SessionStateError(
        'the response has started, so a new session can no longer get its cookie: set the value before the ' +
          'first byte, or let the option eager create the session before the handler runs',
      )
    }
    this.#decode(() => this.journal.add(operation, draft))
    if (isLate) this.exchange.onLateChange?.()
  }

  /**
   * Checks that the session can be changed. Called by every method that changes it, and by a transaction.
   *
   * @throws {@link SessionConflictError} `replaced`, unless it is a login, which starts a session of its own.
   * @throws {@link SessionStateError} outside of the cookie's path, for a transaction after a login that was dropped, and
   * as {@link assertWritable}
   */
  assertChangeable(operation?: Operation): this {
    this.assertWritable()
    const startsOwn = operation?.isLogin && this.standing.is('replaced')
    if (!startsOwn) this.standing.assertAllows('change')
    return this
  }

  /**
   * Applies an operation that replaces the token, which the response must still be able to carry. For a client that
   * has hung up no token is replaced: it would never learn the new one.
   *
   * @throws {@link SessionStateError} after the head
   */
  changeIdentity(call: string, operation: Operation, userId?: string): void {
    this.use().journal.assertIdle()
    if (this.exchange.isGone) return operation.isLogin ? this.#loseLogin(operation) : undefined
    this.#assertOpenHead(call)
    if (operation.isLogin) this.assertChangeable(operation).#startOwn(userId)
    this.change(operation)
    this.credentials.rotate()
  }

  /**
   * The client has hung up: drops the first login that was recorded, which nobody would learn of, and all that came
   * after it. That was meant for the user's new session, and the old one may be a thief's, or another user's.
   */
  dropLogin(): void {
    const draft = this.journal.draft?.fork() ?? this.journal.replay([], undefined)
    const count = this.journal.dropFrom(({ isLogin }) => isLogin === true)
    if (count === 0) return
    this.standing.dropLogin(draft)
    this.credentials.accept(this.credentials.presented, this.journal.isRotating)
    this.settings.reportUndeliverable(this, count)
  }

  #loseLogin(login: Operation): void {
    const draft = this.standing.shown ?? this.journal.fork(this.base)
    this.standing.dropLogin(draft)
    this.#showOnly(login, draft)
  }

  /** The handler sees the effect of what follows a login that was dropped. */
  #showOnly(operation: Operation, draft: Draft): void {
    this.journal.apply(operation, draft)
    this.journal.revived.forgetReplaced(draft)
    this.settings.reportUndeliverable(this, 1)
  }

  /**
   * A login with a token that was just replaced starts a session of its own, which goes on with what is now the
   * same user's: a double click keeps the cart, and a login whose answer was lost can be repeated.
   */
  #startOwn(userId: string | undefined): void {
    if (!this.standing.is('replaced')) return
    const record = this.standing.replacedRecord
    this.standing.startOwn()
    this.inherited = record && ownRecord(record).userId === userId ? record : undefined
    this.journal.invalidateDraft()
  }

  /**
   * Ends the session; what is done afterwards starts a new one. The stored one is removed in any case. Works at any time:
   * after the head the dead cookie stays where it is.
   */
  logout(): void {
    this.journal.assertIdle()
    try {
      this.use()
    } catch (error) {
      // A session that cannot be decoded can still be ended, or its user would never be rid of it.
      if (!this.standing.is('unreadable')) throw error
    }
    this.standing.assertAllows('end')
    const ended = this.record ?? this.standing.endableRecord
    const { unreadableRecord } = this.standing
    if (ended) this.planRemoval(ended)
    else if (unreadableRecord) this.removals = [...this.removals, unreadableRecord]
    this.standing.end(this.record !== undefined)
    this.generation += 1
    this.exchange.mustSendToken = false
    this.exchange.mustClearFormer = true
    this.journal.clear()
    this.startAnew()
    this.#newHandle = undefined
    if (this.exchange.head !== 'open') this.exchange.onLateChange?.()
  }

  /** Ends the session for the rest of the request. */
  destroy(): void {
    this.logout()
    this.standing.destroy()
  }

  /** Continues on `record`, which `token` opens. Operations that are not saved yet are kept. */
  rebase(record: SessionRecord | undefined, token: string | undefined): void {
    this.record = record
    this.inherited = undefined
    this.journal.invalidateDraft()
    this.credentials.accept(token, this.journal.isRotating)
  }

  /** Continues without a record: what is still to be saved becomes a new session, with these values if any. */
  startAnew(inherited?: SessionRecord): void {
    this.rebase(undefined, undefined)
    this.inherited = inherited
  }

  /** Marks a record to be removed by the next save, only once, however often its session is ended. */
  planRemoval(record: SessionRecord): void {
    const { key, handle, owner } = ownRecord(record)
    this.removals = [
      ...this.removals.filter((each) => each.key !== key),
      { key, handle, owner: owner ?? null },
    ]
  }

  /**
   * Discards what was recorded, because the handler failed. What `logout` or `destroy` ended stays ended. Returns how
   * many changes there were.
   */
  dropChanges(): number {
    const count = this.journal.clear()
    this.rebase(this.record, this.credentials.presented)
    return count
  }

  /** Discards the changes that match. Returns how many there were. */
  dropMatching(isDropped: (operation: Operation) => boolean): number {
    const count = this.journal.drop(isDropped)
    if (count > 0) this.credentials.accept(this.credentials.presented, this.journal.isRotating)
    return count
  }

  /**
   * Remembers the promise of the save that was just asked for, in case it loses changes. It listens to the save, which
   * fails before the promise does: the response may be decided in between.
   */
  watchSave(promise: WatchedPromise<unknown>): void {
    this.saves?.catch((error: unknown) => {
      if (error instanceof SessionConflictError) this.standing.noteConflict(error, promise)
    })
  }

  /**
   * The record cannot be read: every use throws, or a new session replaces it (`onUnreadable`).
   *
   * @param record - What is to be removed, where the session has no record.
   */
  refuseRecord(error: SessionError, handle: string | undefined, record?: RemovableRecord): void {
    const { discardsUnreadable, reportUnreadable } = this.settings
    reportUnreadable(error, handle)
    if (discardsUnreadable) this.startAnew()
    this.standing.refuseRecord(error, discardsUnreadable, record)
  }

  /**
   * The first access to the values. Under `onUnreadable: 'discard'` a record that cannot be decoded is
   * replaced by an empty session here, rather than at some later call.
   */
  #openDraft(): void {
    try {
      this.#decode(() => {
        const { values, codec } = this.journal.open(this.base)
        if (this.settings.discardsUnreadable) for (const encoded of values.values()) codec.decode(encoded)
      })
    } catch (error) {
      if (!(error instanceof SessionDecodeError) || this.standing.is('unreadable')) throw error
      this.journal.open(undefined)
    }
  }

  /** Refuses the record at its first value that cannot be decoded: it is reported once, not at each call. */
  #decode<Result>(decode: () => Result): Result {
    try {
      return decode()
    } catch (error) {
      if (error instanceof SessionDecodeError && this.record) this.refuseRecord(error, this.record.handle)
      throw error
    }
  }

  #assertOpenHead(call: string): void {
    if (this.exchange.head === 'open') return
    throw new SessionStateError(
      `${call}() needs to send a cookie, and the response has started: call it before the first byte`,
    )
  }
}
