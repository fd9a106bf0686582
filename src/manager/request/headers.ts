// What a session adds to the response: a cookie, if the browser needs one, and what tells caches whether they may keep
// the page, and for whom. A page depends on the session as soon as the handler has used it, even if it was empty: "not
// signed in" is a result, too. The manager decides with `decideHeaders`; the adapter writes with `applyHeaders`.

import { clearCookie, clearFormerCookies, writeCookie } from '../../cookie/write-cookie.ts'
import type { ResponseCookie } from '../../cookie/write-cookie.ts'
import { createOptionError } from '../../options.ts'
import type { ExchangeState } from '../../session/exchange-state.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { RequestLine } from '../session-options.ts'
import { allowsSharedCaches, applyCachePolicy } from './cache-policy.ts'
import type { CachePolicy, HeaderFields } from './cache-policy.ts'

/**
 * What an adapter adds to a response: the cookies, and what it tells caches. {@link applyHeaders} writes both.
 *
 * @example
 * ```ts
 * const headers = await exchange.conclude({ status: 200 })
 * for (const { name, value, attributes } of headers.cookies) jar.set(name, value, attributes)
 * ```
 */
export class SessionHeaders {
  /** The cookies to set, beside those of the handler: mostly none. The session's own comes first. */
  readonly cookies: readonly ResponseCookie[]
  readonly #settings: ManagerSettings
  readonly #state: SessionState

  /** @internal */
  constructor(settings: ManagerSettings, state: SessionState, cookies: readonly ResponseCookie[]) {
    this.#settings = settings
    this.#state = state
    this.cookies = cookies
  }

  /**
   * Edits the headers that caches go by, as the option `caching` says: Vary, Cache-Control and those that one
   * kind of cache obeys instead of it. A response that used no session stays as it is. To be called after everything
   * else that sets headers; an adapter with a `Headers` or a node response calls {@link applyHeaders} instead.
   *
   * It keeps a shared cache from serving one user's page to another, or after the logout (CVE-2023-30861,
   * CVE-2025-48947), with an event where the application had allowed that.
   */
  applyCaching(fields: HeaderFields): void {
    const state = this.#state
    const { standing } = state
    const policy = decideCachePolicy(this.#settings, state)
    // What caches may keep of a response that used no session decides what may still be done with it.
    if (policy === 'open' && allowsSharedCaches(fields)) standing.sendAsPublic()
    else if (policy === 'open') standing.sendUnused()
    if (applyCachePolicy(policy, fields)) this.#settings.emit({ type: 'made-private', handle: state.handle })
  }

  /**
   * Whether a first use of the session would still change what {@link applyCaching} does: the request brought a
   * cookie, and nothing has used the session yet. An adapter whose headers wait for the first byte calls it as late
   * as that.
   */
  get isCachingUndecided(): boolean {
    const { hasCookie, isAccessed, carriesCookie } = this.#state.exchange
    return hasCookie && !isAccessed && !carriesCookie
  }
}

const noCookies: readonly ResponseCookie[] = []

/** The headers of a response whose session is saved. @internal */
export function decideHeaders(settings: ManagerSettings, state: SessionState): SessionHeaders {
  const cookie = decideCookie(settings, state)
  const cookies = cookie === undefined ? noCookies : [cookie, ...clearFormer(settings, state.exchange)]
  return new SessionHeaders(settings, state, cookies)
}

/**
 * The cookie is sent only when it changed, and cleared only by the request whose own delete ended the session:
 * otherwise the browser may already hold a newer one.
 */
function decideCookie({ cookie, clock }: ManagerSettings, state: SessionState): ResponseCookie | undefined {
  const { record, exchange, credentials } = state
  const { isSecure } = exchange
  if (record && exchange.mustSendToken) {
    const maxAge = Math.max(0, Math.ceil((record.endsAt - clock.now()) / 1000))
    return writeCookie(cookie, credentials.current, maxAge, isSecure)
  }
  const mustClear = exchange.hasEnded && exchange.hasCookie
  return mustClear ? clearCookie(cookie, isSecure) : undefined
}

/** Only with a cookie that changed, and only where a login or a logout changed it. */
function clearFormer(
  { cookie }: ManagerSettings,
  { mustClearFormer, isSecure }: ExchangeState,
): readonly ResponseCookie[] {
  return mustClearFormer ? clearFormerCookies(cookie, isSecure) : []
}

/**
 * The page of a request without a cookie shows nothing of anybody, so applications may let caches keep it. A
 * page that an outage made a visitor's is kept by none: it would be shown to the user after the outage.
 */
function decideCachePolicy(settings: ManagerSettings, { exchange, standing }: SessionState): CachePolicy {
  if (exchange.carriesCookie) return 'no-store'
  if (!exchange.isAccessed) return 'open'
  if (standing.is('visitor')) return 'no-store'
  return exchange.hasCookie ? askCaching(settings, exchange.line) : 'vary'
}

/**
 * What the option `caching` says of a request. The head waits for the answer, so it cannot be a promise; and an adapter
 * may not have told method and path. A function that throws or
 * answers otherwise must not make the response fail, nor a page public: that counts as `'private'`, with an event.
 */
function askCaching({ caching, emit }: ManagerSettings, line: RequestLine | undefined): 'private' | 'vary' {
  if (typeof caching !== 'function') return caching
  if (!line) return 'private'
  const report = (error: unknown): void => emit({ type: 'failed', during: 'caching', error: error as Error })
  let answer: unknown
  try {
    answer = caching(line)
  } catch (error) {
    report(error)
    return 'private'
  }
  if (answer === 'private' || answer === 'vary') return answer
  // A promise that rejects must not end the process.
  Promise.resolve(answer).catch(() => {})
  report(createOptionError('caching', answer, "a function that returns 'private' or 'vary', and no promise"))
  return 'private'
}

/** What is needed of a node response. */
export interface NodeHeaders {
  /** The value as it was set. */
  getHeader(name: string): number | string | readonly string[] | undefined
  /** Replaces all lines of that name by one. */
  setHeader(name: string, value: string): unknown
  /** Adds a line and keeps the others of that name. */
  appendHeader(name: string, value: string): unknown
  /** Removes all lines of that name. */
  removeHeader(name: string): void
  /** The names that are set, in lower case. */
  getHeaderNames(): readonly string[]
}

/**
 * Adds the session's cookies to a response, and corrects what it tells caches: Vary keeps what it lists, and what would
 * let a shared cache keep a user's page is taken back. To be called after everything else that sets headers.
 *
 * @param headers - What `conclude` has given.
 * @param target - The `Headers` of a response, which must not be immutable, or a node response whose head is not sent.
 * @example
 * ```ts
 * const headers = new Headers({ 'Cache-Control': 'public, max-age=60' })
 * applyHeaders(await exchange.conclude({ status: 200 }), headers)
 * ```
 */
export function applyHeaders(
  headers: SessionHeaders,
  target: (HeaderFields & Pick<Headers, 'append'>) | NodeHeaders,
): void {
  const isNode = 'appendHeader' in target
  for (const { line } of headers.cookies) {
    if (isNode) target.appendHeader('Set-Cookie', line)
    else target.append('set-cookie', line)
  }
  headers.applyCaching(isNode ? new NodeFields(target) : target)
}

/** The headers of a node response in the form in which they are edited. Names are sent as they are written here. @internal */
export class NodeFields implements HeaderFields {
  readonly #head: Omit<NodeHeaders, 'appendHeader'>

  constructor(head: Omit<NodeHeaders, 'appendHeader'>) {
    this.#head = head
  }

  get(name: string): string | undefined {
    const value = this.#head.getHeader(name)
    return typeof value === 'object' ? value.join(', ') : value?.toString()
  }

  set(name: string, value: string): void {
    this.#head.setHeader(name, value)
  }

  delete(name: string): void {
    this.#head.removeHeader(name)
  }

  keys(): readonly string[] {
    return this.#head.getHeaderNames()
  }
}
