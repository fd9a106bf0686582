// The two possible Set-Cookie lines. A browser replaces a cookie only if name, domain, path and, for
// a partitioned one, the embedding site are the same (RFC 6265bis, section 5.7), so both lines have
// the same attributes.

import { stringifySetCookie } from 'cookie'
import type { SetCookie } from 'cookie'
import type { CookieSettings } from './cookie-options.ts'

/** The Set-Cookie line that sends a token. `maxAge` is in seconds; only a persistent cookie has it. */
export function writeCookie(cookie: CookieSettings, token: string, maxAge: number, secure: boolean): string {
  return stringify({
    ...selectAttributes(cookie, secure),
    value: token,
    ...(cookie.persistent ? { maxAge } : {}),
  })
}

/** The Set-Cookie line that deletes the cookie. Without the same attributes the browser would keep it. */
export function clearCookie(cookie: CookieSettings, secure: boolean): string {
  return stringify({ ...selectAttributes(cookie, secure), value: '', maxAge: 0, expires: new Date(0) })
}

/** The Set-Cookie lines that delete the former variants of the cookie. */
export function clearFormerCookies(cookie: CookieSettings, secure: boolean): string[] {
  return cookie.former.map(({ path = '/', domain }) => clearCookie({ ...cookie, path, domain }, secure))
}

/** Without a prototype, so that a polluted `Object.prototype` adds no attribute. */
function stringify(cookie: SetCookie): string {
  return stringifySetCookie(Object.assign(Object.create(null) as SetCookie, cookie))
}

function selectAttributes(cookie: CookieSettings, secure: boolean) {
  const { name, path, domain, httpOnly, sameSite, partitioned, priority } = cookie
  return {
    name,
    path,
    httpOnly,
    sameSite,
    partitioned,
    secure: cookie.secure === 'auto' ? secure : cookie.secure,
    ...(domain === undefined ? {} : { domain }),
    ...(priority === undefined ? {} : { priority }),
  }
}
