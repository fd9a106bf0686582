// What operators hear. Events are for logs and counters, so they carry names and reasons and
// nothing secret, and no listener can change or fail a request. Each says what happened, not what
// was called.

import type { SessionError } from '../errors.ts'

/**
 * Why a cookie that was sent opened no session.
 *
 * @example
 * ```ts
 * const suspicious: readonly RejectionReason[] = ['duplicate', 'wrong-verifier']
 * ```
 */
export type RejectionReason = 'malformed' | 'duplicate' | 'unknown' | 'wrong-verifier'

/**
 * What `onEvent` hears. `handle` is the session's public name. No event holds a token, a key or
 * session data; `name` is the name of a value, never the value.
 *
 * @example
 * ```ts
 * function describe(event: SessionEvent): string {
 *   return event.type === 'rejected' ? `cookie refused: ${event.reason}` : event.type
 * }
 * ```
 */
export type SessionEvent =
  /** A session was stored for the first time. Many of them without logins: a crawler under `eager`. */
  | { readonly type: 'created'; readonly handle: string }
  /** A user signed in; the token was replaced. */
  | { readonly type: 'login'; readonly handle: string }
  /** The token was replaced without a login. */
  | { readonly type: 'rotated'; readonly handle: string }
  /** `logout` or `destroy` removed the session. It is told after the store has answered. */
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
  /**
   * Another request came first; the changes were replayed on what it saved. Normal in small numbers;
   * many for one handle mean that a page saves too often.
   */
  | { readonly type: 'replayed'; readonly handle: string; readonly attempts: number }
  /**
   * Two overlapping requests set one name, and the later one won. Where that loses something use
   * `update`.
   */
  | { readonly type: 'overwritten'; readonly handle: string; readonly name: string }
  /**
   * A stored record cannot be read. After a deployment look at the codec, otherwise at who else writes
   * to the store.
   */
  | { readonly type: 'unreadable'; readonly handle?: string; readonly error: SessionError }
  /** The store failed. At `load` the error reaches the handler, at `touch`, `late` and `sweep` nobody else. */
  | {
      readonly type: 'failed'
      readonly during: 'load' | 'save' | 'touch' | 'late' | 'sweep'
      readonly handle?: string
      readonly error: Error
    }
  /** The store gave up a session to make room: its user is signed out. Raise the store's bound. */
  | { readonly type: 'evicted'; readonly handle: string }
  /**
   * A response that depends on the session was marked public; it was made private. The handler's header
   * is a mistake.
   */
  | { readonly type: 'made-private'; readonly handle: string }

/**
 * Hears events. What it throws, or rejects with, is ignored.
 *
 * @example
 * ```ts
 * const count: EventListener = ({ type }) => counters.increment(`session.${type}`)
 * ```
 */
export type EventListener = (event: SessionEvent) => unknown

const ignore = (): void => {}

/**
 * Makes of a listener what the library calls: it never throws, since a log that fails must not fail a
 * request.
 *
 * @internal
 */
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
