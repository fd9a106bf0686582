// What operators hear. Events are for logs and counters, so they carry names and reasons and
// nothing secret, and no listener can change or fail a request. Each says what happened, not what
// was called.

import type { SessionError } from '../errors.ts'

/** Why a cookie that was sent opened no session. */
export type RejectionReason = 'malformed' | 'duplicate' | 'unknown' | 'wrong-verifier'

/**
 * What `onEvent` hears. `handle` is the session's public name. No event holds a token, a key or
 * session data; `name` is the name of a value, never the value.
 */
export type SessionEvent =
  /** A session was stored for the first time. */
  | { readonly type: 'created'; readonly handle: string }
  /** A user signed in; the token was replaced. */
  | { readonly type: 'login'; readonly handle: string }
  /** The token was replaced without a login. */
  | { readonly type: 'rotated'; readonly handle: string }
  /** `logout` or `destroy` removed the session. */
  | { readonly type: 'ended'; readonly handle: string }
  /** `revoke`, `revokeOthers` or `revokeAll` removed the session. */
  | { readonly type: 'revoked'; readonly handle: string }
  /** A cookie came that opens nothing: malformed, sent twice with differing values, unknown or expired, or an old token. */
  | { readonly type: 'rejected'; readonly reason: RejectionReason; readonly handle?: string }
  /**
   * Changes were dropped because the session ended (`gone`) or its token was replaced (`replaced`)
   * meanwhile, or because they came after the head and no cookie could be sent any more (`late`).
   */
  | { readonly type: 'dropped'; readonly reason: 'gone' | 'replaced' | 'late'; readonly handle: string }
  /** Another request came first; the changes were replayed on what it saved. */
  | { readonly type: 'replayed'; readonly handle: string; readonly attempts: number }
  /** Two overlapping requests set one name, and the later one won. */
  | { readonly type: 'overwritten'; readonly handle: string; readonly name: string }
  /** A stored record cannot be read. */
  | { readonly type: 'unreadable'; readonly handle?: string; readonly error: SessionError }
  /** The store failed. At `load` the error reaches the handler, at `touch`, `late` and `sweep` nobody else. */
  | {
      readonly type: 'failed'
      readonly during: 'load' | 'save' | 'touch' | 'late' | 'sweep'
      readonly handle?: string
      readonly error: Error
    }
  /** The store gave up a session to make room. */
  | { readonly type: 'evicted'; readonly handle: string }
  /** A response that depends on the session was marked public; it was made private. */
  | { readonly type: 'uncached'; readonly handle: string }

/** Hears events. What it throws, or rejects with, is ignored. */
export type EventListener = (event: SessionEvent) => unknown

const ignore = (): void => {}

/** A log that fails must not fail a request. */
export function createEmitter(listener: EventListener = reportFailure): (event: SessionEvent) => void {
  return (event) => {
    try {
      const result = listener(event)
      if (result instanceof Promise) result.catch(ignore)
    } catch {
      ignore()
    }
  }
}

/** Without a listener, what nobody else would hear of goes to the console. No message of ours holds data. */
function reportFailure(event: SessionEvent): void {
  if (event.type === 'failed' && event.during !== 'load') console.error(`coatcheck: ${event.error.message}`)
}
