import type { Fragment } from '../codec/fragment.ts'
import { readDocument } from '../codec/document.ts'
import type { Fragments } from '../codec/document.ts'
import type { Clock } from '../clock.ts'
import { SessionDecodeError, SessionStateError } from '../errors.ts'
import type { SessionError } from '../errors.ts'
import { generateHandle, generateToken, renewToken } from '../id/token.ts'
import type { SessionRecord } from '../store.ts'
import { Draft } from './draft.ts'
import type { DraftSettings } from './draft.ts'
import { expiryOf, startLife } from './lifetime.ts'
import type { Lifetimes } from './lifetime.ts'
import type { Operation } from './operations.ts'
import type { Workspace } from './session-values.ts'

/** What all sessions of a manager have in common. */
export interface StateSettings extends DraftSettings {
  readonly clock: Clock
  readonly lifetimes: Lifetimes
  /** Decides what becomes of a session whose record cannot be read: throws, or lets it be given up. */
  readonly giveUp: (record: SessionRecord, error: SessionError) => void
}

const nothing: Fragments = new Map()

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
  /** Whether `logout` or `destroy` was called. */
  isEnded = false
  /** The key of the record that `logout` or `destroy` has yet to remove. */
  doomed: SessionRecord | undefined
  /** Whether the head has left: no cookie can be sent any more. */
  isHeadSent = false
  /** How many commits of this session are under way. */
  saving = 0
  /** Called at the first change after the head has left. */
  onLateChange: (() => void) | undefined
  operations: Operation[] = []
  #isClosed = false
  /** The token that opens `record`, and the one that will once the operations are saved. */
  #token: string | undefined
  #nextToken: string | undefined
  #handle: string | undefined
  #draft: Draft | undefined
  #revived: Map<string, { fragment: Fragment; value: unknown }> | undefined

  constructor(settings: StateSettings) {
    this.settings = settings
  }

  /** The chokepoint of every public call: notes that the session mattered, and refuses when it cannot be used. */
  use(): this {
    this.isLookedAt = true
    if (this.#isClosed) throw new SessionStateError('the session was destroyed in this request')
    if (this.failure) throw this.failure
    return this
  }

  look(): Draft {
    this.use()
    return (this.#draft ??= this.#open())
  }

  change(operation: Operation): void {
    const draft = this.look()
    if (this.isHeadSent && !this.record && this.saving === 0) {
      throw new SessionStateError(
        'the response has started, so a new session can no longer get its cookie: set the value before the first byte, ' +
          "or create every visitor's session beforehand with the option eager",
      )
    }
    operation.apply(draft)
    this.operations.push(operation)
    if (this.isHeadSent) this.onLateChange?.()
  }

  revive(name: string, fragment: Fragment, draft: Draft): unknown {
    const known = this.#revived?.get(name)
    if (known?.fragment === fragment) return known.value
    const value = draft.codec.decode(fragment)
    if (value !== fragment.json && typeof value === 'object' && value !== null) {
      ;(this.#revived ??= new Map()).set(name, { fragment, value })
    }
    return value
  }

  changeIdentity(call: string, operation: Operation): void {
    this.#demandHead(call)
    this.change(operation)
    this.#nextToken = this.#token ? renewToken(this.#token) : generateToken()
  }

  end(call: 'logout' | 'destroy'): void {
    // What cannot be read can still be ended, or its user would be stuck with it.
    if (this.failure instanceof SessionDecodeError) this.failure = undefined
    this.use().#demandHead(call)
    this.doomed ??= this.record
    this.isEnded = true
    this.isTokenNew = false
    this.settle(undefined, undefined)
    this.operations = []
    this.#handle = undefined
    this.#isClosed = call === 'destroy'
  }

  /** The record the session now stands on, and the token that opens it. Operations since then are kept. */
  settle(record: SessionRecord | undefined, token: string | undefined): void {
    this.record = record
    this.#token = token
    this.#nextToken = undefined
    this.#draft = undefined
  }

  /** A handler that fails leaves the session whole: forgets what was recorded, but not that it was ended. */
  forget(): void {
    if (this.operations.length > 0) this.settle(this.record, this.#token)
    this.operations = []
  }

  /** A draft of `record` with `operations` applied. */
  replay(operations: readonly Operation[], record: SessionRecord | undefined): Draft {
    const draft = new Draft(this.settings, record ? readDocument(record) : nothing, record ?? {})
    for (const operation of operations) operation.apply(draft)
    return draft
  }

  #open(): Draft {
    try {
      return this.replay(this.operations, this.record)
    } catch (error) {
      if (!(error instanceof SessionDecodeError) || !this.record) throw error
      this.settings.giveUp(this.record, error)
      this.settle(undefined, undefined)
      return this.replay(this.operations, undefined)
    }
  }

  /** The token that opens `record`. */
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

  /** Names of Dates, Maps and the like that were edited in place, and not by `update` or `set`. */
  namesEditedInPlace(): string[] {
    const names: string[] = []
    for (const [name, { fragment, value }] of this.#revived ?? []) {
      const { codec, fragments } = this.look()
      if (fragments.get(name) !== fragment) continue
      if (codec.encode(value, name).text !== codec.encode(codec.decode(fragment), name).text) names.push(name)
    }
    return names
  }

  #demandHead(call: string): void {
    if (this.isHeadSent) {
      throw new SessionStateError(
        `${call}() needs to send a cookie, and the response has started: call it before the first byte`,
      )
    }
  }
}
