// The hub of one request. Handler, manager and saver all reach the session through it, so it holds
// what they share: the stored record, whether the session can still be used, and what is left to
// remove. What the response must know is in exchange.ts, tokens are in credentials.ts, and what the
// handler did is in journal.ts. A save begins with beginSave and ends with `rebase`: from then on
// the request stands on the record that was saved, with what the handler did meanwhile on top.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import type { Clock } from '../clock.ts'
import { SessionDecodeError, SessionStateError } from '../errors.ts'
import type { SessionError } from '../errors.ts'
import { generateHandle } from '../id/token.ts'
import { expiryOf } from '../record.ts'
import type { SessionRecord } from '../store.ts'
import { Credentials } from './credentials.ts'
import type { Draft, DraftSettings } from './draft.ts'
import { Exchange } from './exchange.ts'
import { Journal } from './journal.ts'
import { startLife } from './lifetime.ts'
import type { Lifetimes } from './lifetime.ts'
import type { Operation } from './operations.ts'
import type { Workspace } from './session-values.ts'

/** What is left to know of a record that is to be removed. */
export type RemovableRecord = Pick<SessionRecord, 'key' | 'handle'>

/** What all sessions of a manager have in common. */
export interface StateSettings extends DraftSettings {
  /** Whole milliseconds since 1970. */
  readonly clock: Clock
  /** For sessions that begin or log in from now on. */
  readonly lifetimes: Lifetimes
  /** Whether every value is decoded at the first use, and not each when it is asked for. */
  readonly decodesAll: boolean
  /** Told of a record that cannot be read: whether its session is discarded for a new one. */
  readonly shouldDiscard: (error: SessionError, handle: string | undefined) => boolean
}

const none: readonly RemovableRecord[] = []

/**
 * One session during one request, as its manager sees it: the record that was read, what has become
 * of it since, and what may still be done. Three parts have a type of their own: {@link Exchange},
 * {@link Credentials} and {@link Journal}. A handler sees none of this, only {@link Session}.
 */
export class SessionState implements Workspace {
  /** The manager's. */
  readonly settings: StateSettings
  /** What the response needs to know. */
  readonly exchange: Exchange = new Exchange()
  /** The tokens. */
  readonly credentials: Credentials = new Credentials()
  /** What the handler did. */
  readonly journal: Journal
  /** What is stored, as far as this request knows. */
  record: SessionRecord | undefined
  /** Why the session cannot be used, such as a store that did not answer. */
  failure: SessionError | undefined
  /** A save failed, and nobody can tell whether it took effect: no answer may claim that it did. */
  hasLostChanges = false
  /** Rises with each `logout` and `destroy`: a save that began in an earlier generation must not undo one. */
  generation = 0
  /** The records that `logout` or `destroy` has yet to remove from the store. */
  removals: readonly RemovableRecord[] = none
  /** What the store holds and nobody could decode: it can still be removed. */
  unreadable: RemovableRecord | undefined
  /** The saves of this session that are under way, one after another. */
  saves: Promise<unknown> | undefined
  #newHandle: string | undefined
  #isDestroyed = false

  constructor(settings: StateSettings) {
    this.settings = settings
    this.journal = new Journal(settings)
  }

  /** The public name: the record's, or the one it will have. */
  get handle(): string {
    return this.record?.handle ?? (this.#newHandle ??= generateHandle())
  }

  /** When the session began and when it ends if nobody comes back, in milliseconds since 1970. */
  get times(): { createdAt: number; expiresAt: number } {
    if (this.record) return { createdAt: this.record.createdAt, expiresAt: expiryOf(this.record) }
    const now = this.settings.clock.now()
    return { createdAt: now, expiresAt: startLife(this.settings.lifetimes, now).idleExpiresAt }
  }

  /** The chokepoint of every public call: notes that the session mattered, and refuses when it cannot be used. */
  use(): this {
    if (this.exchange.isPublic) {
      throw new SessionStateError(
        'the response has started as public, for everybody: look at the session before the first byte',
      )
    }
    this.exchange.isAccessed = true
    if (this.#isDestroyed) throw new SessionStateError('the session was destroyed in this request')
    if (this.failure) throw this.failure
    this.journal.draft ??= this.#open()
    return this
  }

  /** The values as the handler left them. @throws as {@link use} */
  currentDraft(): Draft {
    return this.use().journal.draft as Draft
  }

  /** A value that cannot be frozen, made for this request. An edit in place is found at the end of it. */
  revive(name: string, encoded: EncodedValue, codec: ValueCodec): unknown {
    return this.#decode(() => this.journal.revived.revive(name, encoded, codec))
  }

  /**
   * Applies an operation and records it for the next save. After the head only a stored session can
   * change: a new one would need a cookie. @throws {@link SessionStateError} then, or when it cannot be
   * used
   */
  change(operation: Operation): void {
    this.journal.assertIdle()
    const draft = this.currentDraft()
    const isLate = this.exchange.head !== 'open'
    if (isLate && !this.record && !this.saves) {
      throw new SessionStateError(
        'the response has started, so a new session can no longer get its cookie: set the value before the ' +
          "first byte, or create every visitor's session beforehand with the option eager",
      )
    }
    this.#decode(() => this.journal.add(operation, draft))
    if (isLate) this.exchange.onLateChange?.()
  }

  /** A change that leads to a new token, which only an open head can carry. */
  changeIdentity(call: string, operation: Operation): void {
    this.use().journal.assertIdle()
    this.#assertOpenHead(call)
    this.change(operation)
    this.credentials.rotate()
  }

  /**
   * Ends the session: the stored one will be removed, whatever becomes of the response. What comes
   * afterwards begins a new session, unless `destroy` forbids it.
   */
  end(call: 'logout' | 'destroy'): void {
    this.journal.assertIdle()
    // What cannot be read can still be ended, or its user would be stuck with it.
    try {
      this.use()
    } catch (error) {
      if (!(error instanceof SessionDecodeError)) throw error
      this.failure = undefined
    }
    this.#assertOpenHead(call)
    const ended = this.record ?? this.unreadable
    if (ended) this.planRemoval(ended)
    this.unreadable = undefined
    this.generation += 1
    this.exchange.mustSendToken = false
    this.journal.clear()
    this.startAnew()
    this.#newHandle = undefined
    this.#isDestroyed = call === 'destroy'
  }

  /** The record the session stands on from now on, and the token that opens it. Operations not yet saved are kept. */
  rebase(record: SessionRecord | undefined, token: string | undefined): void {
    this.record = record
    this.journal.draft = undefined
    this.credentials.accept(
      token,
      this.journal.operations.some((operation) => operation.rotates),
    )
  }

  /** Stands on no record any more: what is still to be saved becomes a session of its own. */
  startAnew(): void {
    this.rebase(undefined, undefined)
  }

  /** Notes a record to be removed at the next save; each once, however often the session was ended. */
  planRemoval({ key, handle }: RemovableRecord): void {
    this.removals = [...this.removals.filter((each) => each.key !== key), { key, handle }]
  }

  /** A handler that fails leaves the session whole: drops what was recorded, but not that it was ended. */
  dropChanges(): void {
    this.journal.clear()
    this.rebase(this.record, this.credentials.presented)
  }

  /** A response without a body has shown no message: what `takeFlash` took stays. */
  keepFlash(): void {
    const { journal } = this
    const kept = journal.operations.filter((operation) => !operation.takesFlash)
    if (kept.length === journal.operations.length) return
    journal.operations = kept
    this.rebase(this.record, this.credentials.presented)
  }

  /** What an earlier save lost, no later one may call saved. @throws what the earlier one failed with */
  assertSaved(): void {
    if (this.hasLostChanges) throw this.failure
  }

  /** The record cannot be read: every use fails, or the session begins anew, as the options say. */
  refuseRecord(error: SessionError, handle: string | undefined = this.record?.handle): void {
    if (this.settings.shouldDiscard(error, handle)) this.startAnew()
    else this.failure = error
  }

  /**
   * The first look at the values. Under `onUnreadable: 'discard'` a record that cannot be decoded gives
   * way to an empty session, here and not at some later call.
   */
  #open(): Draft {
    const { journal, settings } = this
    try {
      return this.#decode(() => {
        const draft = journal.replay(journal.operations, this.record)
        if (settings.decodesAll) for (const encoded of draft.values.values()) draft.codec.decode(encoded)
        return draft
      })
    } catch (error) {
      if (!(error instanceof SessionDecodeError) || this.failure) throw error
      return journal.replay(journal.operations, undefined)
    }
  }

  /** Refuses the record at the first of its values that cannot be decoded: that is told once, not at each call. */
  #decode<Result>(decode: () => Result): Result {
    try {
      return decode()
    } catch (error) {
      if (error instanceof SessionDecodeError && this.record) this.refuseRecord(error)
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
