// From a token to its hashes, with a cache. Two generations approximate a least-recently-used list
// without its bookkeeping: when the recent one is full it replaces the previous one as a whole.

import { hashSecret } from './hash.ts'
import { isToken, selectorOf, verifierOf } from './token.ts'

/** The parts of a token, hashed: all that a store sees of it. */
export interface TokenHashes {
  /** SHA-256 of realm and selector: finds the record. */
  readonly key: string
  /** SHA-256 of the verifier: proves the right to the record. */
  readonly verifierHash: string
}

/** How many tokens a generation holds. */
const generationSize = 500

/** Both hashes of a token. The realm is part of the key, so that the token opens nothing in another one. */
export function hashToken(realm: string, token: string): TokenHashes {
  return { key: hashSecret(`${realm}\n${selectorOf(token)}`), verifierHash: hashSecret(verifierOf(token)) }
}

/**
 * Caches the hashes of tokens that recently opened a session. A browser sends the same token many
 * times in a row, and hashing it is half the cost of a read. At most 1000 tokens stay in the memory
 * of this process; docs/decisions/0004 explains why that is worth it.
 */
export class TokenHashCache {
  readonly #realm: string
  #recent = new Map<string, TokenHashes>()
  #previous = new Map<string, TokenHashes>()

  constructor(realm: string) {
    this.#realm = realm
  }

  /** The hashes of a text, or `undefined` when it is not a token. */
  find(text: string): TokenHashes | undefined {
    const known = this.#recent.get(text) ?? this.#previous.get(text)
    return known ?? (isToken(text) ? hashToken(this.#realm, text) : undefined)
  }

  /** Caches the hashes that {@link find} returned, once the token has opened its session. */
  remember(token: string, hashes: TokenHashes): void {
    if (this.#recent.has(token)) return
    if (this.#recent.size >= generationSize) {
      this.#previous = this.#recent
      this.#recent = new Map()
    }
    // A copy, because a slice would keep the whole Cookie header in memory.
    this.#recent.set(Buffer.from(token, 'latin1').toString('latin1'), hashes)
  }
}
