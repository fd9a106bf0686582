// One request and its response, from the Cookie header to the headers that go out. An adapter opens an exchange
// (open.ts), lets the handler run, and concludes it: what changed is saved, then the headers are decided
// (headers.ts), and what is changed after the head is saved once more.

import type { Awaitable } from '../../awaitable.ts'
import { SessionError } from '../../contract/errors.ts'
import { ownProperty } from '../../own-property.ts'
import { runWithSession } from '../../session/current-session.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { Session } from '../../session/session.ts'
import type { SessionData } from '../../session/types.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { Saver } from '../saving/saver.ts'
import { bindExchange } from './bindings.ts'
import { decideHeaders, SessionHeaders } from './headers.ts'

/** A request, as an adapter describes it that has no web-standard one. */
export interface ExchangeRequest {
  /**
   * The framework's own object for the request: opening it again gives the same exchange.
   *
   * @default none: each call opens an exchange of its own
   */
  readonly raw?: object | undefined
  /** The Cookie header; if there are several, joined with `'; '`. */
  readonly cookie: string | null | undefined
  /** Whether the request came over https. */
  readonly secure: boolean
  /** As in {@link RequestLine}. Without it, as without `path`, the functions among the options are not asked. */
  readonly method?: string | undefined
  /** As the client sent it, with what a router or a mount has taken off, and without the query. */
  readonly path?: string | undefined
}

/** What an adapter may ask to be told of. */
export interface LateChangeListener {
  /**
   * Called when the session is changed after the head: call {@link Exchange.finish} when the response has ended.
   *
   * @default saves in the next turn of the event loop
   */
  readonly onLateChange?: () => void
}

/** The handler has answered. A thrown redirect or 404 is an answer as well. */
export interface GivenAnswer extends LateChangeListener {
  /** The status that leaves. At 500 and above the handler's changes are dropped, unless `saveOnError` is set. */
  readonly status: number
  /**
   * Whether the request was HEAD: messages that `takeFlash` took are then kept for the next response.
   *
   * @default false
   */
  readonly isBodiless?: boolean
  /** For handlers that have failed: see {@link FailedAnswer}. */
  readonly hasFailed?: false
}

/** The handler failed past its framework and left no status: its changes are dropped, unless `saveOnError` is set. */
export interface FailedAnswer extends LateChangeListener {
  /** Tells it from an answer. */
  readonly hasFailed: true
  /** Not asked. */
  readonly status?: number
  /** As in {@link GivenAnswer}. */
  readonly isBodiless?: boolean
}

/** How a request ended: answered, or failed. */
export type ExchangeAnswer = GivenAnswer | FailedAnswer

/** One request and its response. {@link open} makes it. */
export interface Exchange<Data = SessionData> {
  /** The session of the request. */
  readonly session: Session<Data>
  /**
   * Lets `sessions.get(context)` and `getSession(context)` find the session: call it with each object that handlers
   * receive, such as the request and the framework's context. Returns `false` where the object was bound already, as
   * when a middleware runs twice: then the first one concludes.
   */
  bind(context: object): boolean
  /** Runs a handler; under the option `context`, with the session as the current one. Returns what it returns. */
  run<Result>(handler: () => Result): Result
  /**
   * Saves what changed, and gives the headers to add: at once when there is nothing to save. Call it before the head
   * of the response is sent; without an answer where there is none, as for an upgrade, a job or a test. Once it has
   * succeeded, it does nothing more and gives no headers. After a failure it may be called again, for the error page:
   * with `hasFailed` it asks the store no more, and gives the token that was saved before, if one was.
   *
   * @throws {@link SessionStoreError}, {@link SessionConflictError} and any other error of a save. Nothing of the
   * handler's response may leave then: throw the error into the framework's error handling, or answer with its `status`.
   * @throws TypeError when a value was edited in place, which saves nothing.
   */
  conclude(answer?: ExchangeAnswer): Awaitable<SessionHeaders>
  /**
   * Saves what was changed after the head. It happens by itself in the next turn of the event loop, unless the adapter
   * has asked to be told ({@link LateChangeListener}). A failure is an event.
   */
  finish(): Promise<void>
  /**
   * The client has hung up before the answer. What was recorded is saved, as by `session.save()`; a login is dropped
   * with an event, and all that follows it, since its token would reach nobody. A failure is an event. The handler's
   * answer may be concluded afterwards as usual; once there was one, this does nothing.
   */
  abandon(listener?: LateChangeListener): Promise<void>
  /**
   * Resolves when nothing of this exchange is on its way to the store, for a platform that freezes the process after
   * the answer (`waitUntil`). Never rejects.
   */
  readonly settled: Promise<void>
}

/** What all exchanges of a manager have in common. @internal */
export interface ExchangeParts {
  readonly settings: ManagerSettings
  readonly saver: Saver
  /** Those whose session was changed after the head, until it is saved. */
  readonly late: Set<Pick<Exchange, 'finish'>>
}

/** The manager's own. @internal */
export class SessionExchange<Data> implements Exchange<Data> {
  readonly session: Session<Data>
  readonly #state: SessionState
  readonly #parts: ExchangeParts
  #isConcluded = false
  /** The store or another request stood in the way: an error page does not wait for both once more. */
  #hasFailedToSave = false
  /** While the save before the head runs: a second call waits for the same one. */
  #concluding: Promise<SessionHeaders> | undefined
  /** Settles when the next turn has come and what was changed late is saved; `undefined` when nothing waits for it. */
  #nextTurn: Promise<void> | undefined

  constructor(parts: ExchangeParts, session: Session<Data>, state: SessionState) {
    this.#parts = parts
    this.session = session
    this.#state = state
  }

  bind(context: object): boolean {
    return bindExchange(context, this.#parts.settings, this)
  }

  run<Result>(handler: () => Result): Result {
    return this.#parts.settings.context ? runWithSession(this.session, handler) : handler()
  }

  /**
   * The order matters. The changes of a failed handler are dropped first, so that none is saved. The head counts as
   * `saving` before the save begins, so that what the handler does while it runs is saved by {@link finish}.
   */
  conclude(answer?: ExchangeAnswer): Awaitable<SessionHeaders> {
    const { settings, saver } = this.#parts
    const state = this.#state
    const { exchange } = state
    if (this.#isConcluded) return new SessionHeaders(settings, state, [])
    if (this.#concluding) return this.#concluding.then(() => new SessionHeaders(settings, state, []))
    const isFailing = answer !== undefined && hasFailed(answer)
    if (isFailing && !settings.saveOnError) this.#dropChanges()
    if (answer && ownProperty(answer, 'isBodiless'))
      state.journal.drop(({ takesFlash }) => takesFlash === true)
    if (exchange.head === 'open') exchange.head = 'saving'
    exchange.onLateChange = () => this.#hearLateChange(answer)
    const isErrorPage = this.#hasFailedToSave && answer?.hasFailed === true
    if (state.hasChanges && !isErrorPage) return (this.#concluding = this.#saveAndCloseHead(isFailing))
    saver.assertNoEdits(state)
    return this.#closeHead(isFailing)
  }

  /** A failed save may be concluded again, for the error page. */
  async #saveAndCloseHead(isFailing: boolean): Promise<SessionHeaders> {
    try {
      await this.#parts.saver.saveBeforeHead(this.#state)
      return this.#closeHead(isFailing)
    } catch (error) {
      this.#hasFailedToSave = error instanceof SessionError
      throw error
    } finally {
      this.#concluding = undefined
    }
  }

  /** No header can be added from now on. Comes after the save, because the headers need the token that was saved. */
  #closeHead(isFailing: boolean): SessionHeaders {
    const state = this.#state
    if (!isFailing) state.standing.assertSaved()
    state.exchange.head = 'sent'
    this.#isConcluded = true
    // A page that looks at no value is a use of the session as well.
    state.recordArrival()
    const headers = decideHeaders(this.#parts.settings, state)
    state.exchange.carriesCookie = headers.cookies.length > 0
    return headers
  }

  #dropChanges(): void {
    const state = this.#state
    const { handle } = state
    const count = state.dropChanges()
    if (count > 0) this.#parts.settings.emit({ type: 'dropped', reason: 'failed', handle, count })
  }

  async abandon(listener?: LateChangeListener): Promise<void> {
    const state = this.#state
    const { exchange } = state
    if (exchange.head !== 'open') return
    exchange.isGone = true
    exchange.head = 'sent'
    exchange.onLateChange = () => this.#hearLateChange(listener)
    state.dropLogin()
    state.dropMatching(({ rotates }) => rotates !== undefined)
    if (state.hasChanges) await this.#parts.saver.saveAfterHead(state)
  }

  async finish(): Promise<void> {
    this.#parts.late.delete(this)
    if (this.#state.hasChanges) await this.#parts.saver.saveAfterHead(this.#state)
  }

  get settled(): Promise<void> {
    return this.#settle()
  }

  async #settle(): Promise<void> {
    const { activity } = this.#state
    let touched: Promise<void> | undefined
    for (;;) {
      const touching = activity.touching === touched ? undefined : activity.touching
      const waiting = this.#nextTurn ?? this.#state.saves ?? touching
      if (!waiting) return
      await waiting.catch(() => {})
      if (waiting === touching) touched = touching
    }
  }

  #hearLateChange(listener: LateChangeListener | undefined): void {
    this.#parts.late.add(this)
    if (listener && ownProperty(listener, 'onLateChange')) listener.onLateChange?.()
    else this.#nextTurn ??= this.#finishInNextTurn()
  }

  /** A timer of the runtime, not of the option clock: it waits for the current turn to end, not for time. */
  async #finishInNextTurn(): Promise<void> {
    await new Promise((resolve) => void setTimeout(resolve, 0))
    this.#nextTurn = undefined
    await this.finish()
  }
}

function hasFailed(answer: ExchangeAnswer): boolean {
  return ownProperty(answer, 'hasFailed') === true || Number(ownProperty(answer, 'status')) >= 500
}

/** Finishes the exchanges whose adapter has not done so yet. @internal */
export async function finishAll({ late }: ExchangeParts): Promise<void> {
  await Promise.all([...late].map((exchange) => exchange.finish()))
}
