// From what happened to a session to what the head says of it. Three questions: does the browser
// need a cookie, may a cache keep the page, and for whom. A page is dependent on the session as
// soon as the handler looked at it, also when it found none: "not signed in" is an answer, too.

import { clearCookie, writeCookie } from '../cookie/write-cookie.ts'
import type { SessionState } from '../session/session-state.ts'
import type { ManagerSettings } from './resolve-options.ts'

/**
 * What an adapter adds to the head of a response. Absent properties change nothing.
 *
 * @example
 * ```ts
 * const { setCookie, cacheControl }: SessionHeaders = await sessions.commit(sessions.get(request), { status: 200 })
 * if (setCookie) response.append('Set-Cookie', setCookie)
 * if (cacheControl) response.set('Cache-Control', cacheControl)
 * ```
 */
export interface SessionHeaders {
  /** A further Set-Cookie line, beside the handler's own. */
  readonly setCookie?: string
  /** Replaces Cache-Control. */
  readonly cacheControl?: 'private, no-store'
  /** To be added to Vary, unless it is there. */
  readonly vary?: 'Cookie'
}

const none: SessionHeaders = Object.freeze({})
const accessed: SessionHeaders = Object.freeze({ vary: 'Cookie' })

/**
 * The cookie when it changed, and what keeps a shared cache from giving one visitor's page to
 * another (CVE-2023-30861, CVE-2025-48947).
 *
 * @internal
 */
export function decideHeaders(
  settings: ManagerSettings,
  state: SessionState,
  cacheControl: string | undefined,
): SessionHeaders {
  const { exchange } = state
  if (!exchange.isAccessed && !exchange.mustSendToken) {
    exchange.isPublic = isMarkedPublic(cacheControl)
    return none
  }
  const setCookie = decideCookie(settings, state)
  const isPublic = isMarkedPublic(cacheControl)
  if (isPublic) settings.emit({ type: 'made-private', handle: state.handle })
  if (setCookie === undefined)
    return isPublic ? { vary: 'Cookie', cacheControl: 'private, no-store' } : accessed
  return { vary: 'Cookie', cacheControl: 'private, no-store', setCookie }
}

/** Whether a Vary header names Cookie already, or everything (RFC 9110, section 12.5.5). @internal */
export function variesByCookie(vary: string | null): boolean {
  return vary !== null && /(?:^|,)\s*(?:cookie|\*)\s*(?:,|$)/i.test(vary)
}

/** RFC 9111, section 5.2.2. What stands in quotes is an argument, no directive. */
function isMarkedPublic(cacheControl: string | undefined): boolean {
  return (
    cacheControl !== undefined && /\b(?:public|s-maxage)\b/i.test(cacheControl.replaceAll(/"[^"]*"/g, ''))
  )
}

/**
 * The cookie is sent only when it changed, and cleared only by who ended the session with it. An old
 * token gets silence: its browser may hold a newer one already.
 */
function decideCookie({ cookie, clock }: ManagerSettings, state: SessionState): string | undefined {
  const { record, exchange, credentials, generation } = state
  const { isSecure } = exchange
  if (record && exchange.mustSendToken) {
    const maxAge = Math.max(0, Math.ceil((record.endsAt - clock.now()) / 1000))
    return writeCookie(cookie, credentials.current, maxAge, isSecure)
  }
  const mustClear = generation > 0 && exchange.hasCookie && !exchange.hasOutdatedToken
  return mustClear ? clearCookie(cookie, isSecure) : undefined
}
