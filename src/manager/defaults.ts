// All defaults in one place; a test compares the README's table with them. Where one choice is the
// safe one, it is the default: HttpOnly, SameSite=Lax, one day.

import { systemClock } from '../clock.ts'
import { losslessCodec } from '../codec/lossless-codec.ts'
import type { CookieSettings } from '../cookie/cookie-options.ts'
import { hour } from '../duration.ts'
import type { SessionOptions } from './session-options.ts'

/** The options that have a value once the defaults are filled in. */
type Filled = Exclude<
  keyof SessionOptions,
  'idleTimeout' | 'touchEvery' | 'store' | 'realm' | 'maxSessionsPerUser' | 'skip' | 'onEvent'
>

/** {@link SessionOptions} with every fixed default filled in. */
export type FilledOptions = SessionOptions & {
  readonly [Name in Filled]: Exclude<SessionOptions[Name], undefined>
}

type Defaults = Readonly<Record<keyof SessionOptions, unknown>> &
  FilledOptions & { readonly cookie: CookieSettings }

/** The default of every option. One that is `undefined` has none, or is derived from another option. */
export const defaults: Defaults = {
  cookie: {
    name: 'session_id',
    path: '/',
    basePath: '',
    domain: undefined,
    former: [],
    secure: 'auto',
    httpOnly: true,
    sameSite: 'lax',
    partitioned: false,
    priority: undefined,
    persistent: true,
  },
  maxAge: '24h',
  /** See {@link derivedDefaults}. */
  idleTimeout: undefined,
  /** See {@link derivedDefaults}. */
  touchEvery: undefined,
  /** A new memory store for each manager. */
  store: undefined,
  /** The cookie's name. */
  realm: undefined,
  /** 100 with a store that has a user index; otherwise none. */
  maxSessionsPerUser: undefined,
  eager: false,
  strict: false,
  commitOnError: false,
  onDropped: 'error',
  onUnreadable: 'error',
  onStoreFailure: 'error',
  caching: 'private',
  skip: undefined,
  context: false,
  onEvent: undefined,
  codec: losslessCodec,
  clock: systemClock,
  timeout: '2s',
  maxSize: 65_536,
}

/** The defaults that follow from another option. All in milliseconds. */
export const derivedDefaults: {
  readonly idleTimeout: (maxAge: number) => number
  readonly touchEvery: (idleTimeout: number) => number
} = {
  /** Whoever says `maxAge: '30d'` alone gets 30 days. */
  idleTimeout: (maxAge) => maxAge,
  touchEvery: (idleTimeout) => Math.min(idleTimeout / 10, hour),
}

/** How many sessions a user may have by default, where the store can tell. */
export const defaultSessionsPerUser = 100
