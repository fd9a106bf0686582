// Public options in, settings out: the settings, the defaults, the rules, then the checks. All checks happen here, once,
// when the server starts: a misspelt option that is silently ignored can be a security hole (`http_only: true`). The rest
// of the library trusts the settings and checks nothing again.

import { isPromise } from '../awaitable.ts'
import { losslessCodec } from '../codec/lossless-codec.ts'
import { createValueCodec } from '../codec/value-codec.ts'
import type { UserIndex } from '../contract/capabilities.ts'
import { systemClock } from '../contract/clock.ts'
import type { Clock } from '../contract/clock.ts'
import { SessionConfigError } from '../contract/errors.ts'
import type { SessionStore } from '../contract/store.ts'
import { checkCookie } from '../cookie/cookie-options.ts'
import type { CookieSettings } from '../cookie/cookie-options.ts'
import { hour, parseDuration } from '../duration.ts'
import { TokenHashCache } from '../id/hash.ts'
import { createObjectError, createOptionError, oneOf, readOption, readOptions } from '../options.ts'
import type { Rule } from '../options.ts'
import type { StateSettings } from '../session/draft.ts'
import type { Lifetimes } from '../session/lifetime.ts'
import { memoryStore } from '../stores/memory/memory-store.ts'
import { hasCapability } from './call-store.ts'
import { EndedKeys } from './ended-keys.ts'
import { createEmitter } from './events.ts'
import type { SessionEvent } from './events.ts'
import type { RequestLine, SessionOptions } from './session-options.ts'

/** {@link SessionOptions}, checked and complete. All durations in milliseconds. */
export interface ManagerSettings extends StateSettings {
  /** The cookie's name and attributes. */
  readonly cookie: CookieSettings
  /** Where sessions are kept. Called only through {@link callStore}. */
  readonly store: SessionStore
  /** Whether every visitor gets a session before the handler runs. */
  readonly eager: boolean
  /** Whether overlapping `set`s of one name are an error. */
  readonly strict: boolean
  /** Whether the changes of a failed handler are saved. */
  readonly saveOnError: boolean
  /** How many sessions a user may have; `Infinity` for any number. */
  readonly maxSessionsPerUser: number
  /** What becomes of a save whose changes were dropped. */
  readonly onDropped: 'error' | 'event'
  /** What a request gets when the store fails at load. */
  readonly onStoreFailure: Exclude<SessionOptions['onStoreFailure'], undefined>
  /** What caches are told of a page that used a session. */
  readonly caching: Exclude<SessionOptions['caching'], undefined>
  /** Which requests are exempt. */
  readonly skip: ((request: RequestLine) => boolean) | undefined
  /** Whether `currentSession()` works. */
  readonly context: boolean
  /** Calls `onEvent`; never throws. */
  readonly emit: (event: SessionEvent) => void
  /** How long one call of the store, or one save as a whole, may take, in milliseconds. */
  readonly timeout: number
  /** The hashes of recently used tokens. */
  readonly tokenHashes: TokenHashCache
  /** The keys of sessions that a request has ended and replaced by one of its own. */
  readonly endedKeys: EndedKeys
}

/** The options that have a value once the defaults are filled in. */
type Filled = Exclude<
  keyof SessionOptions,
  'idleTimeout' | 'touchEvery' | 'store' | 'realm' | 'maxSessionsPerUser' | 'skip' | 'onEvent'
>

/** {@link SessionOptions} with every fixed default filled in. */
type FilledOptions = SessionOptions & {
  readonly [Name in Filled]: Exclude<SessionOptions[Name], undefined>
}

type Defaults = Readonly<Record<keyof SessionOptions, unknown>> &
  FilledOptions & { readonly cookie: CookieSettings }

/**
 * The default of every option, in one place; a test compares the tables of docs/options.md with them. One that is
 * `undefined` has none, or is derived from another option. Where one choice is the safe one, it is the default.
 */
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
  saveOnError: false,
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
const derivedDefaults: {
  readonly idleTimeout: (maxAge: number) => number
  readonly touchEvery: (idleTimeout: number) => number
} = {
  /** Whoever says `maxAge: '30d'` alone gets 30 days. */
  idleTimeout: (maxAge) => maxAge,
  touchEvery: (idleTimeout) => Math.min(idleTimeout / 10, hour),
}

/** How many sessions a user may have by default, where the store can tell. */
const defaultSessionsPerUser = 100

/** A request that has waited for longer has lost its client. In milliseconds. */
const longestTimeout = 300_000

const flag: Rule = oneOf(true, false)
const callback: Rule = [(value) => value === undefined || typeof value === 'function', 'a function']
const size: Rule = [
  (value) => Number.isSafeInteger(value) && Number(value) > 0,
  'a whole number of bytes from 1',
]
const unreadable: Rule = oneOf('error', 'discard')
const dropped: Rule = oneOf('error', 'event')
const realmRule: Rule = [
  (value) => value === undefined || isRealm(value),
  '1 to 256 characters of well-formed text without control characters',
]
const sessionLimit: Rule = [
  (value) => value === undefined || value === Infinity || (Number.isSafeInteger(value) && Number(value) > 0),
  'a whole number from 1, or Infinity',
]
const storeFailure: Rule = [
  (value) => value === 'error' || value === 'visitor' || typeof value === 'function',
  "'error', 'visitor' or a function",
]

const cachePolicy: Rule = [
  (value) => value === 'private' || value === 'vary' || typeof value === 'function',
  "'private', 'vary' or a function",
]

// Options that can be checked on their own. The cookie and the durations have functions below.
const rules: Readonly<Record<string, Rule>> = {
  eager: flag,
  strict: flag,
  saveOnError: flag,
  context: flag,
  skip: callback,
  onEvent: callback,
  onDropped: dropped,
  onUnreadable: unreadable,
  realm: realmRule,
  maxSessionsPerUser: sessionLimit,
  onStoreFailure: storeFailure,
  caching: cachePolicy,
  maxSize: size,
}

/** The methods that an option's object must have. */
const functions: Readonly<Record<string, readonly string[]>> = {
  clock: ['now', 'schedule', 'scheduleIdly'],
  codec: ['encode', 'decode'],
  store: ['create', 'read', 'commit', 'touch', 'delete'],
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {@link SessionConfigError}
 */
export function resolveOptions(received: SessionOptions): ManagerSettings {
  const options = fillIn(received)
  checkEach(options)
  const emit = createEmitter(options.onEvent)
  const clock = roundClock(options.clock)
  const cookie = checkCookie(options.cookie, defaults.cookie)
  const { realm = cookie.name } = options
  return {
    ...options,
    cookie,
    realm,
    maxSessionsPerUser: resolveSessionLimit(options),
    clock,
    skip: options.skip,
    codec: createValueCodec(options.codec),
    lifetimes: resolveLifetimes(options),
    timeout: parseDuration('timeout', options.timeout, longestTimeout),
    emit,
    tokenHashes: new TokenHashCache(realm),
    endedKeys: new EndedKeys(clock),
    reportUnawaited: (error, handle) => emit({ type: 'failed', during: 'unawaited', handle, error }),
    discardsUnreadable: options.onUnreadable === 'discard',
    reportUndeliverable: ({ handle }, count) =>
      emit({ type: 'dropped', reason: 'undeliverable', handle, count }),
    reportUnreadable: (error, handle) =>
      emit({ type: 'unreadable', error, ...(handle === undefined ? {} : { handle }) }),
  }
}

function fillIn(received: SessionOptions): FilledOptions & { store: SessionStore } {
  if (readOption('options', () => functions['store']?.every((each) => isMethod(received, each))))
    throw new SessionConfigError('options: received a store; write { store }')
  const given = readOptions('', received, Object.keys(defaults)) as Partial<FilledOptions>
  return { ...defaults, ...given, store: given.store === undefined ? memoryStore() : given.store }
}

/**
 * Checks the options that can be checked on their own.
 *
 * @throws {@link SessionConfigError}
 */
function checkEach(options: FilledOptions): void {
  for (const [name, [isAllowed, allowed]] of Object.entries(rules)) {
    const value = options[name as keyof SessionOptions]
    if (!readOption(name, () => isAllowed(value))) throw createOptionError(name, value, allowed)
  }
  for (const [name, names] of Object.entries(functions)) {
    const value = options[name as keyof SessionOptions]
    const missing = readOption(name, () => names.find((each) => !isMethod(value, each)))
    if (missing)
      throw createObjectError(
        name,
        value,
        `an object with the functions ${names.join(', ')}; it lacks ${missing}${suggestStep(name, value)}`,
      )
  }
}

/** What turns the value into the object that was meant. */
function suggestStep(name: string, value: unknown): string {
  if (typeof value === 'function') return '. Call it'
  if (readOption(name, () => isPromise(value))) return '. Await it'
  return name === 'store' && typeof value === 'string' ? '. Pass what redisStore(client) returns' : ''
}

function isMethod(value: unknown, name: string): boolean {
  return typeof (value as Record<string, unknown> | null)?.[name] === 'function'
}

/**
 * How many sessions a user may have.
 *
 * @throws {@link SessionConfigError} for a number with a store that cannot find the sessions of a user.
 */
function resolveSessionLimit({
  maxSessionsPerUser: limit,
  store,
}: FilledOptions & { store: SessionStore }): number {
  const hasIndex = hasCapability<UserIndex>(store, 'listByUser')
  if (limit === undefined) return hasIndex ? defaultSessionsPerUser : Infinity
  if (hasIndex || limit === Infinity) return limit
  throw createOptionError(
    'maxSessionsPerUser',
    limit,
    'Infinity, because the store has no user index; a store such as memoryStore() has one',
  )
}

/** A line break would let two realms and their users look alike. */
function isRealm(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > 256) return false
  return value.isWellFormed() && !/\p{Cc}/u.test(value)
}

/** Records hold whole milliseconds, but a clock of the application may return fractions, as `performance.now()` does. */
function roundClock(clock: Clock): Clock {
  if (clock === defaults.clock) return clock
  if (!Number.isFinite(readOption('clock', () => clock.now())))
    throw createOptionError('clock', clock, 'a clock whose now() is a number')
  return {
    now: () => Math.floor(clock.now()),
    schedule: (delay, task) => clock.schedule(delay, task),
    scheduleIdly: (delay, task) => clock.scheduleIdly(delay, task),
  }
}

/** Durations in milliseconds. Each limits the next: `maxAge`, `idleTimeout`, `touchEvery`. */
function resolveLifetimes({ maxAge: age, idleTimeout: idle, touchEvery: touch }: FilledOptions): Lifetimes {
  const maxAge = parseDuration('maxAge', age)
  const idleTimeout =
    idle === undefined ? derivedDefaults.idleTimeout(maxAge) : parseDuration('idleTimeout', idle)
  if (idleTimeout > maxAge) throw createOptionError('idleTimeout', idle, `at most maxAge, ${maxAge / 1000} s`)
  const touchEvery =
    touch === undefined ? derivedDefaults.touchEvery(idleTimeout) : parseDuration('touchEvery', touch)
  if (touchEvery < idleTimeout) return { maxAge, idleTimeout, touchEvery }
  throw createOptionError('touchEvery', touch, `less than idleTimeout, ${idleTimeout / 1000} s`)
}
