import { readDocument } from '../codec/document.ts'
import type { Fragments } from '../codec/document.ts'
import type { Fragment, FragmentCodec } from '../codec/fragment.ts'
import { SessionDecodeError, SessionStateError } from '../errors.ts'
import type { SessionError } from '../errors.ts'
import { generateHandle } from '../id/token.ts'
import type { SessionRecord } from '../store.ts'
import { Draft } from './draft.ts'
import type { Identity } from './draft.ts'
import { Exchange } from './exchange.ts'
import { expiryOf, startLife } from './lifetime.ts'
import type { Operation } from './operations.ts'
import { Removals } from './removals.ts'
import type { Removal } from './removals.ts'
import { RevivedValues } from './revived-values.ts'
import { SessionToken } from './session-token.ts'
import type { Workspace } from './session-values.ts'
import type { StateSettings } from './state-settings.ts'

const nothing: Fragments = new Map()
// Its own properties, so that a polluted prototype makes no visitor somebody.
const nobody: Identity = { userId: undefined, details: undefined }

/**
 * One session during one request: the record that was read, the operations since, and the draft that both come
 * to. The public {@link Session} is a thin front of it, and what saves a session works on it.
 *
 * The record is never edited. A change is an {@link Operation}, applied to the draft at once and kept, so that
 * it can be replayed on a fresher record when another request came first.
 */
export class SessionState implements Workspace {
  readonly settings: StateSettings
  readonly exchange: Exchange = new Exchange()
  readonly token: SessionToken = new SessionToken()
  /** What `logout` or `destroy` has ended and the store still has. */
  readonly removals: Removals = new Removals()
  /** The Dates, Maps and the like that the handler holds. */
  readonly revived: RevivedValues = new RevivedValues()
  /** What is stored, as far as this request knows. */
  record: SessionRecord | undefined
  /** What was changed since `record` was read or saved, in order. */
  operations: Operation[] = []
  /** Why the session cannot be used, such as a store that did not answer. */
  failure: SessionError | undefined
  /** A save failed, and nobody can tell whether it took effect: no answer may claim that it did. */
  hasLostChanges = false
  /** The saves of this session that are under way, one after another. */
  saves: Promise<unknown> | undefined
  /** How often `logout` or `destroy` was called: a save that began before one must not undo it. */
  endings = 0
  /** What the store could not decode: it can still be removed. */
  undecoded: Removal | undefined
  #isClosed = false
  #isApplying = false
  #handle: string | undefined
  #draft: Draft | undefined

  constructor(settings: StateSettings) {
    this.settings = settings
  }

  /** The chokepoint of every public call: notes that the session mattered, and refuses when it cannot be used. */
  use(): this {
    if (this.exchange.isHeadPublic) {
      throw new SessionStateError(
        'the response has started as public, for everybody: look at the session before the first byte',
      )
    }
    this.exchange.isLookedAt = true
    if (this.#isClosed) throw new SessionStateError('the session was destroyed in this request')
    if (this.failure) throw this.failure
    this.#draft ??= this.#open()
    return this
  }

  look(): Draft {
    this.use()
    return this.#draft as Draft
  }

  revive(name: string, fragment: Fragment, codec: FragmentCodec): unknown {
    return this.#decode(() => this.revived.revive(name, fragment, codec))
  }

  /** Applies an operation, which may run a function of the application's. */
  apply(operation: Operation, draft: Draft): unknown {
    const wasApplying = this.#isApplying
    this.#isApplying = true
    try {
      return operation.apply(draft)
    } finally {
      this.#isApplying = wasApplying
    }
  }

  /** A function given to `update` or `transaction` may run again: what it did to the session could not be undone. */
  demandIdle(): this {
    if (!this.#isApplying) return this
    throw new SessionStateError(
      'a function given to update or transaction must use what it is handed, and leave the session alone',
    )
  }

  /** What an earlier save lost, no later one may call saved. */
  demandSaved(): void {
    if (this.hasLostChanges) throw this.failure
  }

  change(operation: Operation): void {
    this.demandIdle()
    const draft = this.look()
    if (this.exchange.isHeadLeaving && !this.record && !this.saves) {
      throw new SessionStateError(
        'the response has started, so a new session can no longer get its cookie: set the value before the ' +
          "first byte, or create every visitor's session beforehand with the option eager",
      )
    }
    this.#decode(() => this.apply(operation, draft))
    this.revived.forgetReplaced(draft)
    this.operations.push(operation)
    if (this.exchange.isHeadLeaving) this.exchange.onLateChange?.()
  }

  changeIdentity(call: string, operation: Operation): void {
    this.use().demandIdle().#demandHead(call)
    this.change(operation)
    this.token.replace()
  }

  end(call: 'logout' | 'destroy'): void {
    this.demandIdle()
    // What cannot be read can still be ended, or its user would be stuck with it.
    try {
      this.use()
    } catch (error) {
      if (!(error instanceof SessionDecodeError)) throw error
      this.failure = undefined
    }
    this.#demandHead(call)
    const ended = this.record ?? this.undecoded
    if (ended) this.removals.add(ended)
    this.undecoded = undefined
    this.endings += 1
    this.exchange.isTokenNew = false
    this.operations = []
    this.rebase(undefined, undefined)
    this.revived.clear()
    this.#handle = undefined
    this.#isClosed = call === 'destroy'
  }

  /** Stands on a record from now on, and on the token that opens it. Operations not yet saved are kept. */
  rebase(record: SessionRecord | undefined, token: string | undefined): void {
    this.record = record
    this.#draft = undefined
    this.token.rebase(
      token,
      this.operations.some((operation) => operation.rotates),
    )
  }

  /** Shows what is stored and what is still to be saved, without what a save has just found to come to nothing. */
  reopen(): void {
    this.#draft = undefined
  }

  /** A handler that fails leaves the session whole: drops what was recorded, but not that it was ended. */
  dropOperations(): void {
    this.operations = []
    this.revived.clear()
    this.rebase(this.record, this.token.current)
  }

  /** A response without a body has shown no message: what `takeFlash` took stays. */
  keepUnshown(): void {
    const kept = this.operations.filter((operation) => !operation.isShown)
    if (kept.length === this.operations.length) return
    this.operations = kept
    this.rebase(this.record, this.token.current)
  }

  /** A draft of `record` with `operations` applied. */
  replay(operations: readonly Operation[], record: SessionRecord | undefined): Draft {
    const draft = new Draft(this.settings, record ? readDocument(record) : nothing, record ?? nobody)
    for (const operation of operations) this.apply(operation, draft)
    return draft
  }

  /** The draft as the handler sees it, to be saved while the handler goes on. */
  forkDraft(): Draft {
    return (this.#draft ??= this.replay(this.operations, this.record)).fork()
  }

  handle(): string {
    return this.record?.handle ?? (this.#handle ??= generateHandle())
  }

  times(): { createdAt: number; expiresAt: number } {
    if (this.record) return { createdAt: this.record.createdAt, expiresAt: expiryOf(this.record) }
    const now = this.settings.clock.now()
    return { createdAt: now, expiresAt: startLife(this.settings.lifetimes, now).idleExpiresAt }
  }

  /** The record cannot be read: every use fails, or the session begins anew, as the options say. */
  giveUp(error: SessionError, handle: string | undefined = this.record?.handle): void {
    if (this.settings.isGivenUp(error, handle)) this.rebase(undefined, undefined)
    else this.failure = error
  }

  #open(): Draft {
    try {
      return this.#decode(() => {
        const draft = this.replay(this.operations, this.record)
        if (this.settings.decodesAll)
          for (const fragment of draft.fragments.values()) draft.codec.decode(fragment)
        return draft
      })
    } catch (error) {
      if (!(error instanceof SessionDecodeError) || this.failure) throw error
      return this.replay(this.operations, undefined)
    }
  }

  /** Gives the record up with the first of its values that cannot be decoded: that is told once, not at each call. */
  #decode<Result>(decode: () => Result): Result {
    try {
      return decode()
    } catch (error) {
      if (error instanceof SessionDecodeError && this.record) this.giveUp(error)
      throw error
    }
  }

  #demandHead(call: string): void {
    if (!this.exchange.isHeadLeaving) return
    throw new SessionStateError(
      `${call}() needs to send a cookie, and the response has started: call it before the first byte`,
    )
  }
}
