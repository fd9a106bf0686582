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

export function selectorOf(token: string): string {
  return token.slice(0, 32)
}

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
