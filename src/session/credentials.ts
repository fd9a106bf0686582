// A token is replaced at login, and a save takes time: meanwhile the old one still opens the record
// and the new one is already in the handler's hands. Keeping both apart, in one place, is what
// makes "the token you read is the token that is sent" true under any order of saves.

import { generateToken, renewToken, selectorOf } from '../id/token.ts'

/**
 * The tokens of one session during one request. There are up to two: the one that opens what is
 * stored, and the one that will, once the operations recorded so far are saved. The handler sees
 * the later one: what it hands out must still work when the response arrives.
 */
export class Credentials {
  #presented: string | undefined
  #upcoming: string | undefined

  /** The token that opens the stored record; `undefined` when nothing is stored. */
  get presented(): string | undefined {
    return this.#presented
  }

  /** The token of the session as the handler sees it, made at the first look when there is none. */
  get current(): string {
    return this.#upcoming ?? this.#presented ?? (this.#upcoming = generateToken())
  }

  /** Replaces the verifier, and for a new session the whole token. */
  rotate(): void {
    this.#upcoming = this.#presented ? renewToken(this.#presented) : generateToken()
  }

  /**
   * From now on `token` opens what is stored. While a rotation is still to be saved, its token
   * stays as the handler has seen it, unless it belongs to another record.
   */
  accept(token: string | undefined, isRotating: boolean): void {
    this.#presented = token
    if (token === undefined || !isRotating) this.#upcoming = undefined
    else if (!this.#upcoming || selectorOf(this.#upcoming) !== selectorOf(token)) this.rotate()
  }
}
