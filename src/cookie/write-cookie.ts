// The two Set-Cookie lines there are. Browsers replace a cookie only where name, domain and path are
// the same (RFC 6265bis, section 5.7) and, for a partitioned one, the embedding site; so both lines
// are made of the same attributes.

import { stringifySetCookie } from 'cookie'
import type { SetCookie } from 'cookie'
import type { CookieSettings } from './cookie-options.ts'

/** The Set-Cookie line that hands out a token. `maxAge` in seconds is left away for a cookie that ends with the browser. */
export function writeCookie(cookie: CookieSettings, token: string, maxAge: number, secure: boolean): string {
  return stringify({
    ...attributes(cookie, secure),
    value: token,
    ...(cookie.persistent ? { maxAge } : {}),
  })
}

/** The Set-Cookie line that clears the cookie. It repeats every attribute, or the browser would keep the old one. */
export function clearCookie(cookie: CookieSettings, secure: boolean): string {
  return stringify({ ...attributes(cookie, secure), value: '', maxAge: 0, expires: new Date(0) })
}

/** Without a prototype: what somebody put on `Object.prototype` is no attribute. */
function stringify(cookie: SetCookie): string {
  return stringifySetCookie(Object.assign(Object.create(null) as SetCookie, cookie))
}

function attributes(cookie: CookieSettings, secure: boolean) {
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
