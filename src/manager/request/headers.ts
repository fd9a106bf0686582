// What a session adds to the response: a cookie, if the browser needs one, and what tells caches whether they
// may keep the page, and for whom. A page depends on the session as soon as the handler has used it, even if
// it was empty: "not signed in" is a result, too.

import { clearCookie, clearFormerCookies, writeCookie } from '../../cookie/write-cookie.ts'
import type { ResponseCookie } from '../../cookie/write-cookie.ts'
import type { ExchangeState } from '../../session/exchange-state.ts'
import type { SessionState } from '../../session/session-state.ts'
import { askCaching } from './ask-caching.ts'
import { allowsSharedCaches, applyCachePolicy } from './cache-policy.ts'
import type { CachePolicy, HeaderFields } from './cache-policy.ts'
import type { ManagerSettings } from '../resolve-options.ts'

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
   */
  applyCaching(fields: HeaderFields): void {
    applyCaching(this.#settings, this.#state, fields)
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

/** Only with a cookie that changed, and only where a login or a logout changed it. */
function clearFormer(
  { cookie }: ManagerSettings,
  { mustClearFormer, isSecure }: ExchangeState,
): readonly ResponseCookie[] {
  return mustClearFormer ? clearFormerCookies(cookie, isSecure) : []
}

/**
 * Keeps a shared cache from serving one user's page to another, or after the logout (CVE-2023-30861,
 * CVE-2025-48947), with an event where the application had allowed that. Where the response does not depend on
 * the session, what caches may then keep decides what may still be done with it.
 *
 * @internal
 */
function applyCaching(settings: ManagerSettings, state: SessionState, fields: HeaderFields): void {
  const policy = decideCachePolicy(settings, state)
  if (policy === 'open') {
    if (allowsSharedCaches(fields)) state.standing.sendAsPublic()
    else state.standing.sendUnused()
  }
  if (applyCachePolicy(policy, fields)) settings.emit({ type: 'made-private', handle: state.handle })
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
