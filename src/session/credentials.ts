// A login replaces the token, and a save takes time: until the save is done the old token still
// opens the record, while the handler may already have read the new one. Keeping both here ensures
// that the token a handler reads is the token that is sent, whatever the order of saves.

import { generateToken, renewToken, selectorOf } from '../id/token.ts'

/**
 * The tokens of one session during one request. There are at most two: the one that opens the
 * stored record, and the one that will open it once the operations recorded so far are saved. The
 * handler sees the second, because it must still work when the response arrives.
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
