// What users write. Every property is optional and says its unit and its default; the defaults
// themselves stand in defaults.ts, the checks in resolve-options.ts.

import type { Clock } from '../clock.ts'
import type { Codec } from '../codec/codec.ts'
import type { CookieOptions } from '../cookie/cookie-options.ts'
import type { Duration } from '../duration.ts'
import type { SessionStore } from '../store.ts'
import type { EventListener } from './events.ts'

/**
 * What `skip` is asked about.
 *
 * @example
 * ```ts
 * const isAsset = ({ path }: SkipRequest) => path.startsWith('/assets/')
 * ```
 */
export interface SkipRequest {
  /** The request's method, as it came. */
  readonly method: string
  /** The request's path from `/` on, without its query. */
  readonly path: string
}

/**
 * What {@link createSessionManager} and every adapter's `session()` accept. Each property may be left out.
 *
 * @example
 * ```ts
 * const options: SessionOptions = {
 *   cookie: { name: '__Host-session', secure: true },
 *   maxAge: '30d',
 *   idleTimeout: '12h',
 * }
 * ```
 */
export interface SessionOptions {
  /** The cookie's name and attributes. */
  cookie?: CookieOptions | undefined
  /**
   * The session's whole life, whatever happens: a stolen token works no longer than that. Set at
   * creation, restarted only by `login`. At most 400 days. @default '24h'
   */
  maxAge?: Duration | undefined
  /**
   * How long a session may stay unused before it ends, for browsers that are left open on shared
   * machines. At most `maxAge`. @default '24h'
   */
  idleTimeout?: Duration | undefined
  /**
   * How often, at most, use of a session is noted in the store. A session may seem unused that much too
   * early; shorter costs more writes. @default a tenth of idleTimeout
   */
  touchEvery?: Duration | undefined
  /** Where sessions are kept. @default memoryStore() */
  store?: SessionStore | undefined
  /**
   * Gives every visitor a session and a cookie before the handler runs: for sites that stream, or must
   * set values after the first byte. Costs a row for each crawler. @default false
   */
  eager?: boolean | undefined
  /**
   * Makes two overlapping `set`s of one name a {@link SessionConflictError} instead of an `overwritten`
   * event. @default false
   */
  strict?: boolean | undefined
  /**
   * Saves even when the handler failed with an exception or a status of 500 and above. Without it a
   * failed handler leaves the session as it was. @default false
   */
  commitOnError?: boolean | undefined
  /**
   * A stored record that cannot be read is a {@link SessionDecodeError}, or is discarded for a new
   * session. `'discard'` loses what a later version wrote. @default 'error'
   */
  onUnreadable?: 'error' | 'discard' | undefined
  /**
   * Requests that need no session: no store call, no cookie, and `getSession` throws.
   *
   * @example
   * ```ts
   * skip: ({ path }) => path.startsWith('/assets/')
   * ```
   * @default none
   */
  skip?: ((request: SkipRequest) => boolean) | undefined
  /** Makes `currentSession()` of `coatcheck/context` work. @default false */
  context?: boolean | undefined
  /**
   * Hears what happens, for logs and counters. What it throws is ignored. Without it, failures that
   * nobody else hears of go to the console.
   *
   * @example
   * ```ts
   * onEvent: (event) => log.info(event, `session ${event.type}`)
   * ```
   * @default none
   */
  onEvent?: EventListener | undefined
  /** How values become text. @default losslessCodec */
  codec?: Codec | undefined
  /** Where time comes from. @default the machine's */
  clock?: Clock | undefined
  /** How long a request waits for the store, all its calls to save together. At most 5 minutes. @default '2s' */
  timeout?: Duration | undefined
  /** Bytes that a session's encoded data may take. A record of more than eight times as much is unreadable. @default 65536 */
  maxSize?: number | undefined
}
