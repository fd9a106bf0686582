// SHA-256 without salt or stretching is right here: the secrets are random and 128 bits long, so
// there is nothing to guess, and a slow hash would be paid by every request.

import { createHash, timingSafeEqual } from 'node:crypto'
import * as crypto from 'node:crypto'

/** `crypto.hash` takes half the time of a hash object, and came with node 20.12. */
const oneShot = crypto.hash as typeof crypto.hash | undefined

/**
 * SHA-256 in hex. A store sees only hashes: its dump logs nobody in, and an index that compares
 * keys byte by byte tells nothing about a token (CVE-2019-16782).
 */
export function hashSecret(secret: string): string {
  return oneShot ? oneShot('sha256', secret, 'hex') : createHash('sha256').update(secret).digest('hex')
}

// One pair for all comparisons, which are synchronous: no request waits for memory here.
const ours = Buffer.alloc(64)
const theirs = Buffer.alloc(64)

/** Compares a SHA-256 hash in hex with what a store gave for one, in constant time. */
export function isSameHash(left: string, right: unknown): boolean {
  if (typeof right !== 'string' || left.length !== 64 || right.length !== 64) return false
  ours.write(left, 'latin1')
  theirs.write(right, 'latin1')
  return timingSafeEqual(ours, theirs)
}
