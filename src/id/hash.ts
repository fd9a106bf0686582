// What a store sees of a token: hashes, and the comparison that lets a token in. Plain SHA-256, without salt or
// stretching: the secrets are 128 random bits and cannot be guessed, so a slow hash would only make every request slower.

import * as crypto from 'node:crypto'
import type { SessionRecord } from '../contract/store.ts'
import { ownProperty } from '../own-property.ts'
import { isToken, selectorOf, verifierOf } from './token.ts'

/** Takes half the time of a hash object, but exists only since node 20.12. */
const oneShot = crypto.hash as typeof crypto.hash | undefined

/**
 * SHA-256 in hex. A store receives only hashes: a stolen dump contains no usable token, and the timing
 * of an index lookup reveals nothing about one (CVE-2019-16782).
 */
export function hashSecret(secret: string): string {
  return oneShot ? oneShot('sha256', secret, 'hex') : crypto.createHash('sha256').update(secret).digest('hex')
}

/**
 * The hash under which a store keeps a user's sessions. The realm keeps apart what several applications store in one
 * place; a line break separates the two, and no realm contains one.
 */
export function hashOwner(realm: string, userId: string): string {
  return hashSecret(`${realm}\n${userId}`)
}

/** The parts of a token, hashed: all that a store sees of it. */
export interface TokenHashes {
  /** SHA-256 of realm and selector: finds the record. */
  readonly key: string
  /** SHA-256 of the verifier: proves the right to the record. */
  readonly verifierHash: string
}

/** Both hashes of a token. The realm is part of the key, so that the token opens nothing in another one. */
export function hashToken(realm: string, token: string): TokenHashes {
  return { key: hashSecret(`${realm}\n${selectorOf(token)}`), verifierHash: hashSecret(verifierOf(token)) }
}

// Comparisons are synchronous, so all of them can share one pair of buffers and allocate nothing.
const ours = Buffer.alloc(64)
const theirs = Buffer.alloc(64)

/** Compares a SHA-256 hash in hex with a stored value in constant time. False for anything but a hash. */
export function isSameHash(left: string, right: unknown): boolean {
  if (typeof right !== 'string' || left.length !== 64 || right.length !== 64) return false
  ours.write(left, 'latin1')
  theirs.write(right, 'latin1')
  return crypto.timingSafeEqual(ours, theirs)
}

/** Whether a token's verifier is the record's, or its previous one within the grace of a rotation. */
export function acceptsToken(record: SessionRecord, presented: TokenHashes, now: number): boolean {
  return (
    isSameHash(presented.verifierHash, record.verifierHash) ||
    (now < (ownProperty(record, 'graceUntil') ?? 0) &&
      isSameHash(presented.verifierHash, ownProperty(record, 'previousVerifierHash')))
  )
}

/** How many tokens a generation holds. */
const generationSize = 500

/**
 * Caches the hashes of tokens that recently opened a session. A browser sends the same token many
 * times in a row, and hashing it is half the cost of a read. Two generations approximate a least-recently-used list
 * without its bookkeeping: when the recent one is full it replaces the previous one as a whole. At most 1000 tokens stay in the memory
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
