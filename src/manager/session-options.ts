// The public options. Every property is optional and documents its unit and default. Where the defaults are, and
// what is checked: resolve-options.ts.

import type { Codec } from '../codec/lossless-codec.ts'
import type { Clock } from '../contract/clock.ts'
import type { SessionStore } from '../contract/store.ts'
import type { CookieOptions } from '../cookie/cookie-options.ts'
import type { Duration } from '../duration.ts'
import type { EventListener } from './events.ts'

/** The part of a request that `skip`, `onStoreFailure` and `caching` decide by. */
export interface RequestLine {
  /** The request's method, as received. */
  readonly method: string
  /** The request's path, beginning with `/` and without the query. */
  readonly path: string
}

/**
 * The options of {@link createSessionManager} and of every adapter's `session()`. All are optional.
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
   * How long a session lives in all, however much it is used: a stolen token works no longer than that.
   * Starts at creation, restarts only at `login`. At most 400 days. When it is shortened, as with `idleTimeout`,
   * the shorter limit holds for the sessions that exist, too.
   *
   * @default '24h'
   */
  maxAge?: Duration | undefined
  /**
   * How long a session may go unused before it ends, for browsers left open on shared machines. A use counts
   * from when its request arrived. At most `maxAge`.
   *
   * @default maxAge
   */
  idleTimeout?: Duration | undefined
  /**
   * How often, at most, the use of a session is recorded in the store. A session may end that much
   * early; a shorter interval costs more writes.
   *
   * @default a tenth of idleTimeout, at most an hour
   */
  touchEvery?: Duration | undefined
  /**
   * Where sessions are kept.
   *
   * @default memoryStore()
   */
  store?: SessionStore | undefined
  /**
   * Whose sessions these are: 1 to 256 characters. A token of one realm opens nothing in another, and its lists,
   * limits and revocations are its own, also on one store. Two applications with one cookie name need a realm, or a
   * prefix or table, each.
   *
   * @default the cookie's name
   */
  realm?: string | undefined
  /**
   * How many sessions a user may have. At the limit a login ends the one that was unused for longest, never its
   * own, with the event `evicted`. `Infinity`: any number.
   *
   * @default 100, or Infinity with a store without a user index
   */
  maxSessionsPerUser?: number | undefined
  /**
   * Gives every visitor a session and a cookie before the handler runs: for sites that stream, or set
   * values after the first byte. Costs a stored record per crawler.
   *
   * @default false
   */
  eager?: boolean | undefined
  /**
   * Makes overlapping `set`s of one name a {@link SessionConflictError} instead of an `overwritten`
   * event.
   *
   * @default false
   */
  strict?: boolean | undefined
  /**
   * Saves even if the handler threw or its status is 500 or above. By default a failed handler leaves
   * the session as it was.
   *
   * @default false
   */
  saveOnError?: boolean | undefined
  /**
   * What becomes of a save whose changes were dropped, because a logout or a login of another request came first.
   * `'error'`: it fails with a {@link SessionConflictError} (`gone` or `replaced`, status 409), so that no page claims
   * what is not there. `'event'`: only the event `dropped` tells, and `save()` resolves to `false`.
   *
   * @default 'error'
   */
  onDropped?: 'error' | 'event' | undefined
  /**
   * What happens to a stored record that cannot be read: a {@link SessionDecodeError}, or a new session
   * instead. `'discard'` loses data that a later version wrote.
   *
   * @default 'error'
   */
  onUnreadable?: 'error' | 'discard' | undefined
  /**
   * What a request gets whose session cannot be loaded because the store fails. `'error'`: a
   * {@link SessionStoreError} at the first use of the session. `'visitor'`: an empty session that can only be
   * read; whatever would change or end it throws that error. A function decides for each request, and an error
   * is what it gets if the function throws.
   *
   * @example
   * ```ts
   * onStoreFailure: ({ method }) => (method === 'GET' ? 'visitor' : 'error')
   * ```
   * @default 'error'
   */
  onStoreFailure?: 'error' | 'visitor' | ((request: RequestLine) => 'error' | 'visitor') | undefined
  /**
   * What caches are told of a response for which the handler used the session of a request with a cookie.
   * `'private'`: only the user's own browser may keep it. `'vary'`: what the handler's Cache-Control allows, one
   * page for each Cookie header; after a logout a cache may still show it to whoever has the old cookie. A
   * function decides for each response; what it throws or answers otherwise counts as `'private'`.
   *
   * Whatever this says, a response that sets the cookie is kept by no cache, one for a request without a cookie may
   * be shared by all such requests, and one that used no session is left alone.
   *
   * @example
   * ```ts
   * caching: ({ path }) => (path.startsWith('/feed/') ? 'vary' : 'private')
   * ```
   * @default 'private'
   */
  caching?: 'private' | 'vary' | ((request: RequestLine) => 'private' | 'vary') | undefined
  /**
   * Requests that need no session: no store call, no cookie, and `getSession` throws.
   *
   * @example
   * ```ts
   * skip: ({ path }) => path.startsWith('/assets/')
   * ```
   * @default none
   */
  skip?: ((request: RequestLine) => boolean) | undefined
  /**
   * Enables `currentSession()` of `coatcheck/context`.
   *
   * @default false
   */
  context?: boolean | undefined
  /**
   * Called for every event, for logs and counters. What it throws is ignored. Without it, failures that
   * would otherwise go unnoticed are printed to the console.
   *
   * @example
   * ```ts
   * onEvent: (event) => log.info(event, `session ${event.type}`)
   * ```
   * @default none
   */
  onEvent?: EventListener | undefined
  /**
   * Encodes values as text.
   *
   * @default losslessCodec
   */
  codec?: Codec | undefined
  /**
   * The source of time and timers.
   *
   * @default systemClock
   */
  clock?: Clock | undefined
  /**
   * How long a request waits for the store: for a read, and for a save, its place in the line of its session
   * included. At most 5 minutes.
   *
   * @default '2s'
   */
  timeout?: Duration | undefined
  /**
   * How many bytes a session's encoded data may have. A stored record more than eight times as long is
   * not read.
   *
   * @default 65536
   */
  maxSize?: number | undefined
}
