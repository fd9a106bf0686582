// Events for operators: for logs and counters, so they hold names and reasons and nothing secret,
// and no listener can change a request or make it fail. An event says what happened, not which
// method was called. Without a listener, failures that nobody gets are printed, and of a driver's message, which may
// quote what was being stored, only what is known word for word: the lists stand at the end.

import { isPromise } from '../awaitable.ts'
import { SessionError } from '../contract/errors.ts'
import { ownProperty } from '../own-property.ts'
import { escapeUnprintable } from '../quote.ts'
import { EditInPlaceError } from '../session/journal.ts'

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

/**
 * What may be shown of the reason of a store's failure, in brackets and after a space; empty when nothing may.
 *
 * @internal
 */
export function describeCause(error: unknown): string {
  let cause: unknown = error
  for (let depth = 0; depth < mostCauses && typeof cause === 'object' && cause !== null; depth += 1) {
    const failure = cause as { code?: unknown; message?: unknown; cause?: unknown }
    const known = [findCode(ownProperty(failure, 'code')), findReason(ownProperty(failure, 'message'))]
    const shown = known.filter((each) => each !== undefined)
    if (shown.length > 0) return ` (${shown.join(': ')})`
    cause = ownProperty(failure, 'cause')
  }
  return ''
}

function findCode(value: unknown): string | undefined {
  return typeof value === 'string' && code.test(value) ? value : undefined
}

/** The message if it is known, else the word that a reply of Redis begins with. */
function findReason(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined
  if (messages.has(message)) return message
  const [word = ''] = message.split(' ', 1)
  return redisWords.has(word) ? word : undefined
}

/** How many errors deep a reason is followed: drivers wrap the reason why there is no connection. */
const mostCauses = 3

const code = /^[A-Z0-9_]{1,64}$/

/** Redis says these of itself, never of a value. */
const redisWords: ReadonlySet<string> = new Set([
  'ASK',
  'BUSY',
  'CLUSTERDOWN',
  'CROSSSLOT',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'MOVED',
  'NOAUTH',
  'NOPERM',
  'NOREPLICAS',
  'NOSCRIPT',
  'OOM',
  'READONLY',
  'TRYAGAIN',
  'UNBLOCKED',
  'WRONGPASS',
  'WRONGTYPE',
])

/** Whole messages, by driver. */
const messages: ReadonlySet<string> = new Set([
  // node-redis
  'The client is closed',
  'The client is offline',
  'Socket closed unexpectedly',
  'Connection timeout',
  'Disconnects client',
  'The command was aborted',
  'All the root nodes are unavailable',
  'Too many Cluster redirections',
  // ioredis
  'Connection is closed.',
  "Stream isn't writeable and enableOfflineQueue options is false",
  'Command timed out',
  'None of startup nodes is available',
  'Failed to refresh slots cache.',
  // pg
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Client was closed and is not queryable',
  'Client has encountered a connection error and is not queryable',
  'Cannot use a pool after calling end on the pool',
  // mysql2
  'Pool is closed.',
  'No connections available.',
  'Queue limit reached.',
  "Can't add new command when connection is in closed state",
  // SQLite and its drivers
  'database is not open',
  'The database connection is not open',
  'database is locked',
  'database or disk is full',
  'database disk image is malformed',
  'disk I/O error',
  'unable to open database file',
  'attempt to write a readonly database',
  'file is not a database',
])
