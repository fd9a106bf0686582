import { generateToken, renewToken, selectorOf } from '../id/token.ts'

/**
 * The tokens of one session during one request: the one the browser has, and the one it is to get. They share
 * their selector, by which the record is found, unless a session begins anew; a rotation replaces the
 * verifier alone (OWASP Session Management: renew the id after any change of privilege).
 */
export class SessionToken {
  #current: string | undefined
  #next: string | undefined

  /** The token that opens the stored record; `undefined` as long as nothing is stored. */
  get current(): string | undefined {
    return this.#current
  }

  /** The token that will open the session once all is saved. A new session gets one when it is first asked for. */
  get latest(): string {
    return this.#next ?? this.#current ?? (this.#next = generateToken())
  }

  /** Makes the next token: one more verifier for the same selector, or a whole token for a new session. */
  replace(): void {
    this.#next = this.#current ? renewToken(this.#current) : generateToken()
  }

  /**
   * Notes which token opens the record now. A next token that was shown to the handler stays what it is, as
   * long as it fits the record.
   *
   * @param isRotating - Whether operations that are still to be saved replace the verifier.
   */
  rebase(token: string | undefined, isRotating: boolean): void {
    this.#current = token
    const isAwaited = token !== undefined && isRotating
    const fits = isAwaited && this.#next !== undefined && selectorOf(this.#next) === selectorOf(token)
    if (!fits) this.#next = isAwaited ? renewToken(token) : undefined
  }
}
