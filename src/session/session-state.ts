import { readDocument } from '../codec/document.ts'
import type { Fragments } from '../codec/document.ts'
import type { Fragment, FragmentCodec } from '../codec/fragment.ts'
import type { Clock } from '../clock.ts'
import { SessionDecodeError, SessionStateError } from '../errors.ts'
import type { SessionError } from '../errors.ts'
import { generateHandle, generateToken, renewToken, selectorOf } from '../id/token.ts'
import type { SessionRecord } from '../store.ts'
import { Draft } from './draft.ts'
import type { DraftSettings, Identity } from './draft.ts'
import { expiryOf, startLife } from './lifetime.ts'
import type { Lifetimes } from './lifetime.ts'
import type { Operation } from './operations.ts'
import { RevivedValues } from './revived-values.ts'
import type { Workspace } from './session-values.ts'

/** Why a cookie that was sent opened no session. */
export type RejectionReason = 'malformed' | 'duplicate' | 'unknown' | 'wrong-verifier'

/** A record that is to be removed. */
export type Doomed = Pick<SessionRecord, 'key' | 'handle'>

/** What all sessions of a manager have in common. */
export interface StateSettings extends DraftSettings {
  readonly clock: Clock
  readonly lifetimes: Lifetimes
  /** Whether every value is decoded at the first use, and not each when it is asked for. */
  readonly decodesAll: boolean
  /** Told of a record that cannot be read: whether its session is given up for a new one. */
  readonly isGivenUp: (error: SessionError, handle: string | undefined) => boolean
}

const nothing: Fragments = new Map()
const none: readonly Doomed[] = []
// Its own properties, so that a polluted prototype makes no visitor somebody.
const nobody: Identity = { userId: undefined, details: undefined }

/**
 * One session during one request, as its manager sees it: the record that was read, the
 * operations since, and what may still be done.
 */
export class SessionState implements Workspace {
  readonly settings: StateSettings
  /** What is stored, as far as this request knows. */
  record: SessionRecord | undefined
  /** Why the session cannot be used, such as a store that did not answer. */
  failure: SessionError | undefined
  /** Whether the request looked at the session, or at its absence. */
  isLookedAt = false
  /** Whether the request came over https. */
  isSecure = false
  /** Whether the browser sent a cookie of our name. */
  hasCookie = false
  /** Whether the browser must be told a new token. */
  isTokenNew = false
  /** Whether the headers have been decided: a cookie that is new now is never sent. */
  isHeadWritten = false
  /** A save failed, and nobody can tell whether it took effect: no answer may claim that it did. */
  hasLostChanges = false
  /** How often `logout` or `destroy` was called: a save that began before one must not undo it. */
  endings = 0
  /** The records that `logout` or `destroy` has yet to remove. */
  doomed: readonly Doomed[] = none
  /** What the store could not decode: it can still be removed. */
  undecoded: Doomed | undefined
  /** The token was replaced a moment ago, most likely by an answer that has not arrived yet. */
  isOutdated = false
  /** The head left as public before anybody looked at the session. */
  isHeadPublic = false
  /** Whether the head has left: no cookie can be sent any more. */
  isHeadSent = false
  /** The saves of this session that are under way, one after another. */
  saves: Promise<unknown> | undefined
  /** Called at a change after the head has left. */
  onLateChange: (() => void) | undefined
  operations: Operation[] = []
  readonly revived: RevivedValues = new RevivedValues()
  #isClosed = false
  #isApplying = false
  /** The token that opens `record`, and the one that will once the operations are saved. */
  #token: string | undefined
  #nextToken: string | undefined
  #handle: string | undefined
  #draft: Draft | undefined

  constructor(settings: StateSettings) {
    this.settings = settings
  }

  /** The chokepoint of every public call: notes that the session mattered, and refuses when it cannot be used. */
  use(): this {
    if (this.isHeadPublic) {
      throw new SessionStateError(
        'the response has started as public, for everybody: look at the session before the first byte',
      )
    }
    this.isLookedAt = true
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
    if (this.isHeadSent && !this.record && !this.saves) {
      throw new SessionStateError(
        'the response has started, so a new session can no longer get its cookie: set the value before the ' +
          "first byte, or create every visitor's session beforehand with the option eager",
      )
    }
    this.#decode(() => this.apply(operation, draft))
    this.revived.forgetReplaced(draft)
    this.operations.push(operation)
    if (this.isHeadSent) this.onLateChange?.()
  }

  changeIdentity(call: string, operation: Operation): void {
    this.use().demandIdle().#demandHead(call)
    this.change(operation)
    this.#nextToken = this.#token ? renewToken(this.#token) : generateToken()
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
    if (ended) this.doom(ended)
    this.undecoded = undefined
    this.endings += 1
    this.isTokenNew = false
    this.operations = []
    this.settle(undefined, undefined)
    this.revived.clear()
    this.#handle = undefined
    this.#isClosed = call === 'destroy'
  }

  /** The record the session now stands on, and the token that opens it. Operations not yet saved are kept. */
  settle(record: SessionRecord | undefined, token: string | undefined): void {
    this.record = record
    this.#token = token
    this.#draft = undefined
    const isRotating = token !== undefined && this.operations.some((operation) => operation.rotates)
    const fits =
      isRotating && this.#nextToken !== undefined && selectorOf(this.#nextToken) === selectorOf(token)
    if (!fits) this.#nextToken = isRotating ? renewToken(token) : undefined
  }

  /** Shows what is stored and what is still to be saved, without what a save has just found to come to nothing. */
  reopen(): void {
    this.#draft = undefined
  }

  doom({ key, handle }: Doomed): void {
    this.doomed = [...this.doomed.filter((each) => each.key !== key), { key, handle }]
  }

  /** A handler that fails leaves the session whole: forgets what was recorded, but not that it was ended. */
  forget(): void {
    this.operations = []
    this.revived.clear()
    this.settle(this.record, this.#token)
  }

  /** A response without a body has shown no message: what `takeFlash` took stays. */
  keepUnshown(): void {
    const kept = this.operations.filter((operation) => !operation.isShown)
    if (kept.length === this.operations.length) return
    this.operations = kept
    this.settle(this.record, this.#token)
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

  /** The token that opens `record`; empty when there is none. */
  get presentedToken(): string {
    return this.#token ?? ''
  }

  currentToken(): string {
    return this.#nextToken ?? this.#token ?? (this.#nextToken = generateToken())
  }

  handle(): string {
    return this.record?.handle ?? (this.#handle ??= generateHandle())
  }

  times(): { createdAt: number; expiresAt: number } {
    if (this.record) return { createdAt: this.record.createdAt, expiresAt: expiryOf(this.record) }
    const now = this.settings.clock.now()
    return { createdAt: now, expiresAt: startLife(this.settings.lifetimes, now).idleExpiresAt }
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

  /** The record cannot be read: every use fails, or the session begins anew, as the options say. */
  giveUp(error: SessionError, handle: string | undefined = this.record?.handle): void {
    if (this.settings.isGivenUp(error, handle)) this.settle(undefined, undefined)
    else this.failure = error
  }

  #demandHead(call: string): void {
    if (!this.isHeadSent) return
    throw new SessionStateError(
      `${call}() needs to send a cookie, and the response has started: call it before the first byte`,
    )
  }
}
