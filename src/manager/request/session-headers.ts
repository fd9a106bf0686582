// What a session adds to the response: a cookie, if the browser needs one, and what tells caches whether they
// may keep the page, and for whom. A page depends on the session as soon as the handler has used it, even if
// it was empty: "not signed in" is a result, too.

import { clearCookie, clearFormerCookies, writeCookie } from '../../cookie/write-cookie.ts'
import { ownProperty } from '../../own-property.ts'
import type { Exchange } from '../../session/exchange.ts'
import type { SessionState } from '../../session/session-state.ts'
import { askCaching } from './ask-caching.ts'
import { allowsSharedCaches, applyCachePolicy } from './cache-policy.ts'
import type { CachePolicy, HeaderFields } from './cache-policy.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/**
 * The headers that an adapter adds to a response. An absent property changes nothing. What caches go by is
 * edited by {@link SessionManager.applyCaching}.
 */
export interface SessionHeaders {
  /** One more Set-Cookie header; those of the handler stay. */
  readonly setCookie?: string
  /** Further Set-Cookie headers, which expire former variants of the cookie: with `cookie.former`. */
  readonly clearFormer?: readonly string[]
}

// Without a prototype: a polluted one must add no cookie (CWE-1321).
const none: SessionHeaders = Object.freeze(Object.create(null) as SessionHeaders)

/** The cookie, if it changed. @internal */
export function decideHeaders(settings: ManagerSettings, state: SessionState): SessionHeaders {
  const setCookie = decideCookie(settings, state)
  if (setCookie === undefined) return none
  const former = clearFormer(settings, state.exchange)
  return Object.assign(Object.create(null) as SessionHeaders, { setCookie, ...former })
}

/** The values of the Set-Cookie headers to add, with nothing that a polluted prototype lends. @internal */
export function cookieLinesOf(headers: SessionHeaders): readonly string[] {
  const setCookie = ownProperty(headers, 'setCookie')
  const former = ownProperty(headers, 'clearFormer') ?? []
  return setCookie === undefined ? former : [setCookie, ...former]
}

/** Only with a cookie that changed, and only where a login or a logout changed it. */
function clearFormer(
  { cookie }: ManagerSettings,
  { mustClearFormer, isSecure }: Exchange,
): Pick<SessionHeaders, 'clearFormer'> {
  const isDue = mustClearFormer && cookie.former.length > 0
  return isDue ? { clearFormer: clearFormerCookies(cookie, isSecure) } : {}
}

/**
 * Keeps a shared cache from serving one user's page to another, or after the logout (CVE-2023-30861,
 * CVE-2025-48947), with an event where the application had allowed that. Where the response does not depend on
 * the session, what caches may then keep decides what may still be done with it.
 *
 * @internal
 */
export function applyCaching(settings: ManagerSettings, state: SessionState, fields: HeaderFields): void {
  const policy = decideCachePolicy(settings, state)
  if (policy === 'open') {
    if (allowsSharedCaches(fields)) state.standing.sendAsPublic()
    else state.standing.sendUnused()
  }
  if (applyCachePolicy(policy, fields)) settings.emit({ type: 'made-private', handle: state.handle })
}

/**
 * Whether a first use of the session would make the page a user's. A visitor's stays public, so it need not wait.
 *
 * @internal
 */
export function isCachingUndecided({ exchange }: SessionState): boolean {
  return exchange.hasCookie && !exchange.isAccessed && !exchange.carriesCookie
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
function decideCookie({ cookie, clock }: ManagerSettings, state: SessionState): string | undefined {
  const { record, exchange, credentials } = state
  const { isSecure } = exchange
  if (record && exchange.mustSendToken) {
    const maxAge = Math.max(0, Math.ceil((record.endsAt - clock.now()) / 1000))
    return writeCookie(cookie, credentials.current, maxAge, isSecure)
  }
  const mustClear = exchange.hasEnded && exchange.hasCookie
  return mustClear ? clearCookie(cookie, isSecure) : undefined
}
