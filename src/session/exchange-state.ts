// HTTP calls a request with its response an exchange. This is the little that a session needs to know about it:
// adapters report it through the manager, and manager/request/headers.ts makes headers of it. With it are the tokens
// that the request brought and the response sends.

import { generateToken, renewToken, selectorOf } from '../id/token.ts'

/**
 * The state of the response head. `open`: headers can still be added. `saving`: the last save that can
 * change them is running. `sent`: they were handed to the adapter.
 */
export type HeadPhase = 'open' | 'saving' | 'sent'

/**
 * What a session knows about the request and response around it: which cookie was received, whether
 * one must be sent, and whether a cache may keep the response.
 */
export class ExchangeState {
  /** Whether the request came over https. */
  isSecure = false
  /** When the request arrived. In milliseconds since 1970. */
  readonly arrivedAt: number
  /** The latest use of the session in this request: its arrival, or a later `save` or `touch`. */
  usedAt: number
  /** Whether the request had a cookie of our name. */
  hasCookie = false
  /** Whether this request has ended a stored session: only then may it clear the cookie. */
  hasEnded = false
  /** The key of a session that this request has ended. */
  endedKey: string | undefined
  /** Whether there was a `login` or `logout`, upon which former variants of the cookie are expired. */
  mustClearFormer = false
  /** Whether the client has hung up: no cookie will reach it, so no token may be replaced. */
  isGone = false
  /** Whether the handler used the session, even an empty one: the response then depends on it. */
  isAccessed = false
  /** Whether the response must carry a new token. */
  mustSendToken = false
  /** Whether the headers that were decided set or clear the cookie. */
  carriesCookie = false
  /** Method and path, where the adapter has told both: the option `caching` may ask for them. */
  line: { readonly method: string; readonly path: string } | undefined
  /** See {@link HeadPhase}. It only moves forward. */
  head: HeadPhase = 'open'
  /** Called when the session is changed after the head was sent. */
  onLateChange: (() => void) | undefined

  constructor(now: number) {
    this.arrivedAt = now
    this.usedAt = now
  }
}

/**
 * The tokens of one session during one request. There are at most two: the one that opens the
 * stored record, and the one that will open it once the operations recorded so far are saved. The
 * handler sees the second, because it must still work when the response arrives.
 *
 * A login replaces the token, and a save takes time: until it is done the old token still opens the record, while
 * the handler may already have read the new one. With both in one place the token that a handler reads is the one
 * that is sent, whatever the order of saves.
 */
export class Credentials {
  #presented: string | undefined
  #upcoming: string | undefined

  /** The token that opens the stored record; `undefined` when nothing is stored. */
  get presented(): string | undefined {
    return this.#presented
  }

  /** The token as the handler sees it, generated at the first access of a new session. */
  get current(): string {
    return this.#upcoming ?? this.#presented ?? (this.#upcoming = generateToken())
  }

  /** Replaces the verifier; for a new session, the whole token. */
  rotate(): void {
    this.#upcoming = this.#presented ? renewToken(this.#presented) : generateToken()
  }

  /**
   * Makes `token` the one that opens the stored record. While a rotation is still to be saved, its
   * token stays the one the handler has seen, unless it belongs to another record.
   */
  accept(token: string | undefined, isRotating: boolean): void {
    this.#presented = token
    if (token === undefined || !isRotating) this.#upcoming = undefined
    else if (!this.#upcoming || selectorOf(this.#upcoming) !== selectorOf(token)) this.rotate()
  }
}
