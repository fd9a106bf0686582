// The end of a request: save what changed, decide the headers, and save once more what was changed
// after the head was sent.

import { ownProperty } from '../../own-property.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { Awaitable } from '../../contract/store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { Saver } from '../saving/saver.ts'
import { decideHeaders } from './session-headers.ts'
import type { SessionHeaders } from './session-headers.ts'
import type { SessionResponse } from '../session-manager.ts'

/** Commits sessions before the head of their response, and finishes those that changed after it. */
export class Committer {
  readonly #settings: ManagerSettings
  readonly #saver: Saver
  /** Sessions changed after their head was sent, until they are saved. */
  readonly #late = new Set<SessionState>()

  constructor(settings: ManagerSettings, saver: Saver) {
    this.#settings = settings
    this.#saver = saver
  }

  /**
   * Saves what changed, and returns the headers: at once when nothing did. The order matters. The
   * changes of a failed handler are dropped first, so that none is saved. The head counts as `saving`
   * before the save begins, so that what the handler does while it runs is saved by {@link finish}.
   *
   * @throws what the save fails with.
   * @throws TypeError when a value was edited in place.
   */
  commit(state: SessionState, response: SessionResponse): Awaitable<SessionHeaders> {
    const { exchange } = state
    const isFailing = ownProperty(response, 'hasFailed') === true || response.status >= 500
    if (isFailing && !this.#settings.commitOnError) this.#dropChanges(state)
    if (ownProperty(response, 'isBodiless')) state.keepFlash()
    if (exchange.head === 'open') exchange.head = 'saving'
    exchange.onLateChange = () => {
      this.#late.add(state)
      if (ownProperty(response, 'onLateChange')) response.onLateChange?.()
    }
    if (state.hasChanges)
      return this.#saver.saveBeforeHead(state).then(() => this.#decideHead(state, isFailing))
    this.#saver.assertNoEdits(state)
    return this.#decideHead(state, isFailing)
  }

  /** Comes after the save, because the headers need the token that was saved. */
  #decideHead(state: SessionState, isFailing: boolean): SessionHeaders {
    if (!isFailing) state.assertSaved()
    state.exchange.head = 'sent'
    // A page that looks at no value is a use of the session as well.
    state.recordArrival()
    const headers = decideHeaders(this.#settings, state)
    state.exchange.carriesCookie = ownProperty(headers, 'setCookie') !== undefined
    return headers
  }

  #dropChanges(state: SessionState): void {
    const { handle } = state
    const count = state.dropChanges()
    if (count > 0) this.#settings.emit({ type: 'dropped', reason: 'failed', handle, count })
  }

  /**
   * The client has hung up before the head was sent. What was recorded is saved as by `save()`; what follows is saved
   * by {@link finish}. A token that was to be replaced stays, since the client would never learn the new one, and a
   * login is dropped with all that follows it. Never fails: a failure is an event.
   */
  async abandon(state: SessionState, onLateChange: () => void): Promise<void> {
    const { exchange } = state
    if (exchange.head !== 'open') return
    exchange.isGone = true
    exchange.head = 'sent'
    exchange.onLateChange = () => {
      this.#late.add(state)
      onLateChange()
    }
    state.dropLogin()
    state.dropMatching(({ rotates }) => rotates !== undefined)
    if (state.hasChanges) await this.#saver.saveAfterHead(state)
  }

  /** Saves what changed after the head. Never fails: a failure is an event. */
  async finish(state: SessionState): Promise<void> {
    this.#late.delete(state)
    if (state.hasChanges) await this.#saver.saveAfterHead(state)
  }

  /** Finishes the sessions whose adapter has not done so yet. */
  async finishAll(): Promise<void> {
    await Promise.all([...this.#late].map((state) => this.finish(state)))
  }
}
