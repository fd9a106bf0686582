// The names of a session, each with the least power it needs: the token opens it and only the
// browser has it; the key, a hash of its first half, finds the row; the handle may be shown to
// anybody. All random, from the system's generator (OWASP asks for 64 bits of entropy; the verifier
// alone has 128).

import { randomBytes } from 'node:crypto'

/**
 * A token is 32 random bytes in 64 lower-case hex characters: what the browser holds.
 * Its first half, the selector, finds the record and stays for the session's life; its second
 * half, the verifier, proves the right to it and is new after each rotation.
 */
export function generateToken(): string {
  return randomBytes(32).toString('hex')
}

/** The same selector with a fresh verifier. */
export function renewToken(token: string): string {
  return selectorOf(token) + randomBytes(16).toString('hex')
}

/** Exactly one spelling is a token, so that no two texts open one session (CVE-2024-38513 shows what adoption costs). */
export function isToken(text: string): boolean {
  return text.length === 64 && /^[0-9a-f]{64}$/.test(text)
}

/** The half that finds the record, 32 hex characters. */
export function selectorOf(token: string): string {
  return token.slice(0, 32)
}

/** The half that proves the right to it, 32 hex characters. */
export function verifierOf(token: string): string {
  return token.slice(32)
}

/** 12 random bytes: the session's public name. It opens nothing. */
export function generateHandle(): string {
  return randomBytes(12).toString('hex')
}

/** 8 random bytes: enough that two commits of one record never share an id. */
export function generateCommitId(): string {
  return randomBytes(8).toString('hex')
}

/** 6 random bytes: enough to tell the flash messages of one session apart. */
export function generateMessageId(): string {
  return randomBytes(6).toString('hex')
}
