// All defaults in one literal, so that nobody has to look for them: the README's table is measured
// against it. They are the safe choice wherever there is one: HttpOnly, SameSite=Lax, one day.

import { systemClock } from '../clock.ts'
import { losslessCodec } from '../codec/lossless-codec.ts'
import type { CookieSettings } from '../cookie/cookie-options.ts'
import type { SessionOptions } from './session-options.ts'

/** The options that are always there once the defaults are filled in. */
type Filled = Exclude<keyof SessionOptions, 'idleTimeout' | 'touchEvery' | 'store' | 'skip' | 'onEvent'>

/** {@link SessionOptions} with every fixed default filled in. */
export type FilledOptions = SessionOptions & {
  readonly [Name in Filled]: Exclude<SessionOptions[Name], undefined>
}

type Defaults = Readonly<Record<keyof SessionOptions, unknown>> &
  FilledOptions & { readonly cookie: CookieSettings }

/** Every default there is. What is `undefined` is none, or follows from another option. */
export const defaults: Defaults = {
  cookie: {
    name: 'session_id',
    path: '/',
    domain: undefined,
    secure: 'auto',
    httpOnly: true,
    sameSite: 'lax',
    partitioned: false,
    priority: undefined,
    persistent: true,
  },
  maxAge: '24h',
  /** 24 hours, or `maxAge` when that is shorter. */
  idleTimeout: undefined,
  /** A tenth of `idleTimeout`. */
  touchEvery: undefined,
  /** A memory store of the manager's own. */
  store: undefined,
  eager: false,
  strict: false,
  commitOnError: false,
  onUnreadable: 'error',
  skip: undefined,
  context: false,
  onEvent: undefined,
  codec: losslessCodec,
  clock: systemClock,
  timeout: '2s',
  maxSize: 65_536,
}
