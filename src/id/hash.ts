// Plain SHA-256, without salt or stretching: the secrets are 128 random bits and cannot be guessed,
// so a slow hash would only make every request slower.

import { createHash, timingSafeEqual } from 'node:crypto'
import * as crypto from 'node:crypto'

/** Takes half the time of a hash object, but exists only since node 20.12. */
const oneShot = crypto.hash as typeof crypto.hash | undefined

/**
 * SHA-256 in hex. A store receives only hashes: a stolen dump contains no usable token, and the timing
 * of an index lookup reveals nothing about one (CVE-2019-16782).
 */
export function hashSecret(secret: string): string {
  return oneShot ? oneShot('sha256', secret, 'hex') : createHash('sha256').update(secret).digest('hex')
}

/**
 * The hash under which a store keeps a user's sessions. The realm keeps apart what several applications store in one
 * place; a line break separates the two, and no realm contains one.
 */
export function hashOwner(realm: string, userId: string): string {
  return hashSecret(`${realm}\n${userId}`)
}

// Comparisons are synchronous, so all of them can share one pair of buffers and allocate nothing.
const ours = Buffer.alloc(64)
const theirs = Buffer.alloc(64)

/** Compares a SHA-256 hash in hex with a stored value in constant time. False for anything but a hash. */
export function isSameHash(left: string, right: unknown): boolean {
  if (typeof right !== 'string' || left.length !== 64 || right.length !== 64) return false
  ours.write(left, 'latin1')
  theirs.write(right, 'latin1')
  return timingSafeEqual(ours, theirs)
}
