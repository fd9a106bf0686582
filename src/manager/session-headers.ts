// Which headers a session adds to the response: does the browser need a cookie, and may a cache keep
// the page, and for whom. A page depends on the session as soon as the handler has used it, even if
// it was empty: "not signed in" is a result, too.

import { clearCookie, clearFormerCookies, writeCookie } from '../cookie/write-cookie.ts'
import type { Exchange } from '../session/exchange.ts'
import type { SessionState } from '../session/session-state.ts'
import type { ManagerSettings } from './resolve-options.ts'

/**
 * The headers that an adapter adds to a response. An absent property changes nothing.
 *
 * @example
 * ```ts
 * const { setCookie, cacheControl }: SessionHeaders = await sessions.commit(sessions.get(request), { status: 200 })
 * if (setCookie) response.append('Set-Cookie', setCookie)
 * if (cacheControl) response.set('Cache-Control', cacheControl)
 * ```
 */
export interface SessionHeaders {
  /** One more Set-Cookie header; those of the handler stay. */
  readonly setCookie?: string
  /** Further Set-Cookie headers, which expire former variants of the cookie: with `cookie.former`. */
  readonly clearFormer?: readonly string[]
  /** Replaces the Cache-Control header. */
  readonly cacheControl?: 'private, no-store'
  /** To be added to the Vary header, unless it is listed there. */
  readonly vary?: 'Cookie'
}

const none: SessionHeaders = Object.freeze({})
const accessed: SessionHeaders = Object.freeze({ vary: 'Cookie' })

/**
 * The cookie, if it changed, and what keeps a shared cache from serving one visitor's page to another
 * (CVE-2023-30861, CVE-2025-48947). A response marked public is made private, with an event, when it
 * depends on the session; when it does not, the exchange records that it was sent as public. A page that an
 * outage made a visitor's is kept by no cache: it would be shown to the user after the outage.
 *
 * @internal
 */
export function decideHeaders(
  settings: ManagerSettings,
  state: SessionState,
  cacheControl: string | undefined,
): SessionHeaders {
  const { exchange } = state
  const isPublic = isMarkedPublic(cacheControl)
  if (!exchange.isAccessed && !exchange.mustSendToken) {
    // The head allows caches to keep what a handler would show of the session from now on.
    state.failure ??= state.outage
    exchange.isPublic = isPublic
    return none
  }
  if (isPublic) settings.emit({ type: 'made-private', handle: state.handle })
  const setCookie = decideCookie(settings, state)
  if (setCookie)
    return { vary: 'Cookie', cacheControl: 'private, no-store', setCookie, ...clearFormer(settings, exchange) }
  return isPublic || state.outage ? { vary: 'Cookie', cacheControl: 'private, no-store' } : accessed
}

/** Only with a cookie that changed, and only where a login or a logout changed it. */
function clearFormer(
  { cookie }: ManagerSettings,
  { mustClearFormer, isSecure }: Exchange,
): Pick<SessionHeaders, 'clearFormer'> {
  const isDue = mustClearFormer && cookie.former.length > 0
  return isDue ? { clearFormer: clearFormerCookies(cookie, isSecure) } : {}
}

/** Whether a Vary header already lists Cookie, or `*` (RFC 9110, section 12.5.5). @internal */
export function variesByCookie(vary: string | null): boolean {
  return vary !== null && /(?:^|,)\s*(?:cookie|\*)\s*(?:,|$)/i.test(vary)
}

/** RFC 9111, section 5.2.2. A quoted string is the argument of a directive, and is skipped. */
function isMarkedPublic(cacheControl: string | undefined): boolean {
  return (
    cacheControl !== undefined && /\b(?:public|s-maxage)\b/i.test(cacheControl.replaceAll(/"[^"]*"/g, ''))
  )
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
