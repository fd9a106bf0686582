// The two possible cookies of a response. A browser replaces a cookie only if name, domain, path and, for
// a partitioned one, the embedding site are the same (RFC 6265bis, section 5.7), so both have the same attributes.

import { stringifySetCookie } from 'cookie'
import type { SetCookie } from 'cookie'
import type { CookieSettings } from './cookie-options.ts'

/** The attributes of a cookie (RFC 6265bis, section 4.1.2). One that is absent is not sent. */
export interface CookieAttributes {
  /** Where on the site the browser sends it. */
  readonly path: string
  /** Absent: only to the host that sets it. */
  readonly domain?: string
  /** Whether scripts of the page cannot read it. */
  readonly httpOnly: boolean
  /** Whether it is sent over https only. */
  readonly secure: boolean
  /** Whether it is sent with requests that come from other sites. */
  readonly sameSite: 'strict' | 'lax' | 'none'
  /** Whether it is kept apart for each site that embeds this one. */
  readonly partitioned: boolean
  /** Which cookies a browser with too many removes first. */
  readonly priority?: 'low' | 'medium' | 'high'
  /** Seconds. Absent: until the browser is closed. */
  readonly maxAge?: number
  /** In the past, for a cookie that is to be deleted. */
  readonly expires?: Date
}

/** A cookie to set, in parts for frameworks with a cookie jar, and as a line for the others. */
export interface ResponseCookie {
  /** From the option `cookie.name`. */
  readonly name: string
  /** The token: a secret. Empty for a cookie that is to be deleted. */
  readonly value: string
  /** Everything beside name and value. */
  readonly attributes: CookieAttributes
  /** The whole value of the Set-Cookie header. */
  readonly line: string
}

/** The cookie that sends a token. `maxAge` is in seconds; only a persistent cookie has it. @internal */
export function writeCookie(
  cookie: CookieSettings,
  token: string,
  maxAge: number,
  secure: boolean,
): ResponseCookie {
  const life = cookie.persistent ? { maxAge } : {}
  return createCookie(cookie.name, token, { ...selectAttributes(cookie, secure), ...life })
}

/** The cookie that deletes the browser's. Without the same attributes it would keep it. @internal */
export function clearCookie(cookie: CookieSettings, secure: boolean): ResponseCookie {
  const past = { maxAge: 0, expires: new Date(0) }
  return createCookie(cookie.name, '', { ...selectAttributes(cookie, secure), ...past })
}

/** The cookies that delete the former variants of the browser's. @internal */
export function clearFormerCookies(cookie: CookieSettings, secure: boolean): readonly ResponseCookie[] {
  return cookie.former.map(({ path = '/', domain }) => clearCookie({ ...cookie, path, domain }, secure))
}

/** Serialized from an object without a prototype, so that a polluted `Object.prototype` adds no attribute. */
function createCookie(name: string, value: string, attributes: CookieAttributes): ResponseCookie {
  const bare = Object.assign(Object.create(null) as SetCookie, { name, value }, attributes)
  return { name, value, attributes, line: stringifySetCookie(bare) }
}

function selectAttributes(cookie: CookieSettings, secure: boolean): CookieAttributes {
  const { path, domain, httpOnly, sameSite, partitioned, priority } = cookie
  return {
    path,
    httpOnly,
    sameSite,
    partitioned,
    secure: cookie.secure === 'auto' ? secure : cookie.secure,
    ...(domain === undefined ? {} : { domain }),
    ...(priority === undefined ? {} : { priority }),
  }
}
