// The identifiers of a session, each with as little power as possible: the token opens the session
// and only the browser holds it; the key, a hash of the token's first half, finds the row; the handle
// may be shown to anybody. All come from the system's random generator. OWASP asks for 64 bits of
// entropy; the verifier alone has 128.

import { randomBytes } from 'node:crypto'

/**
 * A token is what the browser holds: 32 random bytes as 64 lower-case hex characters. Its first half,
 * the selector, finds the record and never changes; its second half, the verifier, proves the right
 * to the record and is replaced at each rotation.
 */
export function generateToken(): string {
  return randomBytes(32).toString('hex')
}

/** A token with the same selector and a fresh verifier. */
export function renewToken(token: string): string {
  return selectorOf(token) + randomBytes(16).toString('hex')
}

/**
 * Exactly one spelling is a token, so no two texts open the same session. Any other text is rejected,
 * not adopted (CVE-2024-38513).
 */
export function isToken(text: string): boolean {
  return text.length === 64 && /^[0-9a-f]{64}$/.test(text)
}

/** The half that finds the record: 32 hex characters. */
export function selectorOf(token: string): string {
  return token.slice(0, 32)
}

/** The half that proves the right to the record: 32 hex characters. */
export function verifierOf(token: string): string {
  return token.slice(32)
}

/** 12 random bytes in hex: the session's public name. It grants no access. */
export function generateHandle(): string {
  return randomBytes(12).toString('hex')
}

/**
 * Whether a text has the form of a handle. What has not must not reach the store: a token, which is easily passed
 * instead, would be in the statements that a database logs, and some databases refuse a NUL.
 */
export function isHandle(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text)
}

/** 8 random bytes in hex: two commits of one record never share an id. */
export function generateCommitId(): string {
  return randomBytes(8).toString('hex')
}

/** 6 random bytes in hex: enough to distinguish the flash messages of one session. */
export function generateMessageId(): string {
  return randomBytes(6).toString('hex')
}
