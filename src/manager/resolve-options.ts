import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { createFragmentCodec } from '../codec/fragment.ts'
import { losslessCodec } from '../codec/lossless-codec.ts'
import { checkCookie } from '../cookie/cookie-options.ts'
import type { CookieSettings } from '../cookie/cookie-options.ts'
import { parseDuration } from '../duration.ts'
import { SessionConfigError } from '../errors.ts'
import { checkNames } from '../options.ts'
import type { StateSettings } from '../session/session-state.ts'
import type { SessionStore } from '../store.ts'
import { memoryStore } from '../stores/memory.ts'
import { createEmitter } from './events.ts'
import type { EventListener } from './events.ts'
import type { SessionOptions, SkipQuestion } from './session-options.ts'

/** Every default there is. */
const defaults = {
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
  } satisfies CookieSettings,
  maxAge: '24h',
  idleTimeout: '24h',
  touchEvery: undefined,
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
} as const

/** {@link SessionOptions}, checked and complete. All durations in milliseconds. */
export interface ManagerSettings extends StateSettings {
  readonly cookie: CookieSettings
  readonly store: SessionStore
  readonly clock: Clock
  readonly eager: boolean
  readonly strict: boolean
  readonly commitOnError: boolean
  readonly skip: ((request: SkipQuestion) => boolean) | undefined
  readonly context: boolean
  readonly emit: EventListener
  readonly timeout: number
}

/** Public options in, private settings out. @throws {@link SessionConfigError} */
export function resolveOptions(received: SessionOptions): ManagerSettings {
  checkNames('', received, Object.keys(defaults))
  const options = { ...defaults, ...ownValues(received) }
  for (const name of ['eager', 'strict', 'commitOnError', 'context'] as const) {
    check(name, typeof options[name] === 'boolean', options[name], 'true or false')
  }
  for (const name of ['skip', 'onEvent'] as const) {
    check(
      name,
      options[name] === undefined || typeof options[name] === 'function',
      options[name],
      'a function',
    )
  }
  check(
    'onUnreadable',
    ['error', 'discard'].includes(options.onUnreadable),
    options.onUnreadable,
    "'error' or 'discard'",
  )
  check(
    'maxSize',
    Number.isSafeInteger(options.maxSize) && options.maxSize > 0,
    options.maxSize,
    'a whole number of bytes',
  )
  checkMethods('clock', options.clock, ['now', 'schedule'])
  checkMethods('codec', options.codec, ['encode', 'decode'])
  const store = options.store ?? memoryStore()
  const emit = createEmitter(options.onEvent)
  checkMethods('store', store, ['create', 'read', 'commit', 'touch', 'delete'])
  return {
    ...options,
    cookie: checkCookie(received.cookie ?? {}, defaults.cookie),
    store,
    codec: createFragmentCodec(options.codec),
    lifetimes: resolveLifetimes(received),
    emit,
    giveUp(record, error) {
      emit({ type: 'unreadable', handle: String(record.handle), error })
      if (options.onUnreadable === 'error') throw error
    },
    timeout: parseDuration('timeout', options.timeout, 300_000),
  }
}

function resolveLifetimes(received: SessionOptions) {
  const maxAge = parseDuration('maxAge', received.maxAge ?? defaults.maxAge)
  const idleDefault = Math.min(parseDuration('idleTimeout', defaults.idleTimeout), maxAge)
  const idleTimeout =
    received.idleTimeout === undefined ? idleDefault : parseDuration('idleTimeout', received.idleTimeout)
  check(
    'idleTimeout',
    idleTimeout <= maxAge,
    received.idleTimeout,
    `at most maxAge, which is ${maxAge / 1000} seconds`,
  )
  const touchEvery =
    received.touchEvery === undefined ? idleTimeout / 10 : parseDuration('touchEvery', received.touchEvery)
  check(
    'touchEvery',
    touchEvery < idleTimeout,
    received.touchEvery,
    `less than idleTimeout, which is ${idleTimeout / 1000} seconds`,
  )
  return { maxAge, idleTimeout, touchEvery }
}

function checkMethods(name: string, value: unknown, methods: readonly string[]): void {
  const missing = methods.filter(
    (method) => typeof (value as Record<string, unknown> | null)?.[method] !== 'function',
  )
  check(
    name,
    missing.length === 0,
    value,
    `an object with the functions ${methods.join(', ')} (missing: ${missing.join(', ')})`,
  )
}

function check(name: string, holds: boolean, received: unknown, allowed: string): void {
  if (holds) return
  const shown =
    typeof received === 'string'
      ? JSON.stringify(received.slice(0, 60))
      : typeof received === 'object'
        ? 'an object'
        : String(received)
  throw new SessionConfigError(`${name}: received ${shown}; allowed is ${allowed}`)
}

type GivenOptions = { [Name in keyof SessionOptions]?: Exclude<SessionOptions[Name], undefined> }

/** Only own properties count, and an explicit `undefined` means the default. */
function ownValues(received: SessionOptions): GivenOptions {
  return Object.fromEntries(Object.entries(received).filter(([, value]) => value !== undefined))
}
