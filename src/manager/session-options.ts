// What users write. Every property is optional and says its unit and its default; the defaults
// themselves stand in defaults.ts, the checks in resolve-options.ts.

import type { Clock } from '../clock.ts'
import type { Codec } from '../codec/codec.ts'
import type { CookieOptions } from '../cookie/cookie-options.ts'
import type { Duration } from '../duration.ts'
import type { SessionStore } from '../store.ts'
import type { EventListener } from './events.ts'

/** What `skip` is asked about. */
export interface SkipQuestion {
  /** The request's method, as it came. */
  readonly method: string
  /** The request's path from `/` on, without its query. */
  readonly path: string
}

/** What {@link createSessionManager} and every adapter's `session()` accept. Each property may be left out. */
export interface SessionOptions {
  /** The cookie's name and attributes. */
  cookie?: CookieOptions | undefined
  /** The session's whole life, whatever happens. Set at creation, restarted only by `login`. @default '24h' */
  maxAge?: Duration | undefined
  /** How long a session may stay unused before it ends. At most `maxAge`. @default '24h' */
  idleTimeout?: Duration | undefined
  /** How often, at most, use of a session is noted in the store. @default a tenth of idleTimeout */
  touchEvery?: Duration | undefined
  /** Where sessions are kept. @default memoryStore() */
  store?: SessionStore | undefined
  /** Gives every visitor a session and a cookie before the handler runs. @default false */
  eager?: boolean | undefined
  /** Makes two overlapping `set`s of one name an error instead of an event. @default false */
  strict?: boolean | undefined
  /** Saves even when the handler failed with an exception or a status of 500 and above. @default false */
  commitOnError?: boolean | undefined
  /** A stored record that cannot be read is an error, or is given up for a new session. @default 'error' */
  onUnreadable?: 'error' | 'discard' | undefined
  /** Requests that need no session: no store call, no cookie, and `getSession` throws. @default none */
  skip?: ((request: SkipQuestion) => boolean) | undefined
  /** Makes `currentSession()` of `coatcheck/context` work. @default false */
  context?: boolean | undefined
  /** Hears what happens. What it throws is ignored. @default none */
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
