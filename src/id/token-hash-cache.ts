// From token to what the store knows, with a short memory. Two generations stand for a list in
// order of use: what was asked for lately is in the young one, and the old one goes as a whole.

import { hashSecret } from './hash.ts'
import { isToken, selectorOf, verifierOf } from './token.ts'

/** What a store knows of a token. */
export interface TokenHashes {
  /** SHA-256 of the selector: where the record is. */
  readonly key: string
  /** SHA-256 of the verifier: whether the token opens it. */
  readonly verifierHash: string
}

/** How many tokens one generation remembers. */
const generationSize = 500

/** Both hashes of a token. */
export function hashToken(token: string): TokenHashes {
  return { key: hashSecret(selectorOf(token)), verifierHash: hashSecret(verifierOf(token)) }
}

/**
 * The hashes of tokens that lately opened a session: a browser shows the same one many times in a
 * row, and hashing it is half the cost of a read. Between 500 and 1000 tokens stay in this
 * process's memory, and go nowhere else; docs/decisions/0004 says why that is worth it.
 */
export class TokenHashCache {
  #young = new Map<string, TokenHashes>()
  #old = new Map<string, TokenHashes>()

  /** The hashes of a text, or `undefined` when it is no token. */
  find(text: string): TokenHashes | undefined {
    const known = this.#young.get(text) ?? this.#old.get(text)
    return known ?? (isToken(text) ? hashToken(text) : undefined)
  }

  /** To be called with what {@link find} gave, once the token has opened its session. */
  remember(token: string, hash: TokenHashes): void {
    if (this.#young.has(token)) return
    if (this.#young.size >= generationSize) {
      this.#old = this.#young
      this.#young = new Map()
    }
    // A copy: a slice would keep the whole Cookie header alive.
    this.#young.set(Buffer.from(token, 'latin1').toString('latin1'), hash)
  }
}
