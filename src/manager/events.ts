// Events for operators: for logs and counters, so they hold names and reasons and nothing secret,
// and no listener can change a request or make it fail. An event says what happened, not which
// method was called.

import { SessionError } from '../contract/errors.ts'
import { isPromise } from '../awaitable.ts'
import { escapeUnprintable } from '../quote.ts'
import { EditInPlaceError } from '../session/journal.ts'
import { describeCause } from './describe-cause.ts'

/** Why the cookie of a request opened no session. */
export type RejectionReason = 'malformed' | 'duplicate' | 'unknown' | 'replaced' | 'wrong-verifier'

/**
 * Why changes were dropped: the session ended (`gone`) or its token was replaced (`replaced`) meanwhile, a new session
 * was changed too late to send its cookie (`late`), the handler failed (`failed`), or the client had hung up before its
 * new token could be sent (`undeliverable`).
 */
export type DropReason = 'gone' | 'replaced' | 'late' | 'failed' | 'undeliverable'

/**
 * What `onEvent` receives. `handle` is the session's public name, `name` the name of a value. No event
 * holds a token, a key or session data.
 */
export type SessionEvent =
  /** A session was stored for the first time. Many without a login: a crawler, under `eager`. */
  | { readonly type: 'created'; readonly handle: string }
  /** A user signed in, and the token was replaced. */
  | { readonly type: 'login'; readonly handle: string }
  /** The token was replaced without a login. */
  | { readonly type: 'rotated'; readonly handle: string }
  /** `logout` or `destroy` removed the session from the store. */
  | { readonly type: 'ended'; readonly handle: string }
  /** `revoke`, `revokeOthers` or `revokeAll` removed the session from the store. */
  | { readonly type: 'revoked'; readonly handle: string }
  /**
   * A cookie opened no session: malformed, several that each open one, unknown or expired, a token that was replaced
   * less than a minute ago, or an older one.
   */
  | { readonly type: 'rejected'; readonly reason: RejectionReason; readonly handle?: string }
  /** The request brought several cookies of one name, and exactly one of them opened a session. */
  | { readonly type: 'ambiguous'; readonly handle: string; readonly cookies: number }
  /** Changes were dropped: how many, and why. */
  | {
      readonly type: 'dropped'
      readonly reason: DropReason
      readonly handle: string
      readonly count: number
    }
  /**
   * Another request saved first, and the changes were replayed on its record. Normal in small numbers;
   * many for one handle mean that a page saves too often.
   */
  | { readonly type: 'replayed'; readonly handle: string; readonly attempts: number }
  /** Two overlapping requests set one name, and the later one won. If that loses data, use `update`. */
  | { readonly type: 'overwritten'; readonly handle: string; readonly name: string }
  /** A stored record cannot be read. After a deployment check the codec, otherwise what else writes to the store. */
  | { readonly type: 'unreadable'; readonly handle?: string; readonly error: SessionError }
  /**
   * The store, a save, or a function given as `onStoreFailure` or `caching` failed. The request gets the error only at
   * `save`, and at `load` unless it goes on as a visitor's. At `unawaited` a `save`, `consume` or `transaction` failed that
   * the handler did not await.
   */
  | {
      readonly type: 'failed'
      readonly during: 'load' | 'save' | 'touch' | 'late' | 'sweep' | 'caching' | 'unawaited'
      readonly handle?: string
      readonly error: Error
    }
  /** The store failed at load, and the request goes on as a visitor's, who can change nothing (`onStoreFailure`). */
  | { readonly type: 'degraded'; readonly error: SessionError }
  /**
   * A session was ended to make room: for others in a store that is full (`capacity`: raise its limit), or for a login
   * of the same user (`limit`: the option `maxSessionsPerUser`).
   */
  | { readonly type: 'evicted'; readonly reason: 'capacity' | 'limit'; readonly handle: string }
  /**
   * The headers of a response that depends on the session allowed shared caches to keep it, and were changed.
   * Correct what sets them.
   */
  | { readonly type: 'made-private'; readonly handle: string }

/** Receives events. What it throws, or rejects with, is ignored. */
export type EventListener = (event: SessionEvent) => unknown

/** Wraps a listener so that it never throws: a log that fails must not make a request fail. @internal */
export function createEmitter(listener: EventListener = reportFailure): (event: SessionEvent) => void {
  return (event) => {
    try {
      const result = listener(event)
      if (isPromise(result)) Promise.resolve(result).catch(() => {})
    } catch {
      // An event reports what has already happened: there is nobody to hand this error to.
    }
  }
}

const unawaited = 'nobody awaited a save, consume or transaction that failed: '

/** The default listener: prints the failures that no request gets. */
function reportFailure(event: SessionEvent): void {
  const isFailure =
    event.type === 'failed' && (event.during !== 'load' || !(event.error instanceof SessionError))
  if (!isFailure && event.type !== 'degraded') return
  const what = event.type === 'failed' && event.during === 'unawaited' ? unawaited : ''
  console.error(`coatcheck: ${what}${escapeUnprintable(describe(event.error))}`)
}

/**
 * Only the library's own messages are known to hold no session data. A function of the application's, such as one
 * given to `update`, may have thrown anything.
 */
function describe(error: Error): string {
  if (error instanceof EditInPlaceError) return error.message
  if (error instanceof SessionError) return `${error.message}${describeCause(error.cause)}`
  return 'a function of the application failed: see onEvent'
}
