// The cookie's attributes, and which combinations of them browsers accept. A browser silently drops a
// cookie with a bad combination, so that every request looks like a first visit; therefore such
// options are refused when the server starts.

import { SessionConfigError } from '../contract/errors.ts'
import { createOptionError, oneOf, readOption, readOptions } from '../options.ts'
import type { Rule } from '../options.ts'

/**
 * The attributes of the session cookie.
 *
 * @example
 * ```ts
 * createSessionManager({ cookie: { name: '__Host-session', secure: true, sameSite: 'strict' } })
 * ```
 */
export interface CookieOptions {
  /**
   * The cookie's name. `__Host-session` is the safest: no subdomain can set it. Browsers then require
   * `secure: true`, path `/` and no domain.
   *
   * @default 'session_id'
   */
  name?: string | undefined
  /**
   * The browser sends the cookie to this path and everything below it. Elsewhere a session reads as a visitor's,
   * and a change throws: the browser would never send its cookie back.
   *
   * @default '/'
   */
  path?: string | undefined
  /**
   * What a proxy takes off the beginning of each path before the server sees it, such as `/shop`. The browser goes
   * by the whole path, and so does `path`.
   *
   * @default '': nothing
   */
  basePath?: string | undefined
  /**
   * Shares the cookie with all subdomains, even a compromised one.
   *
   * @default none: this host only
   */
  domain?: string | undefined
  /**
   * Former variants of this cookie, by `path` and `domain`, that `login` and `logout` expire as well. For a change of
   * either: browsers keep the old cookie beside the new one.
   *
   * @example
   * ```ts
   * createSessionManager({ cookie: { domain: 'shop.example', former: [{ path: '/' }] } }) // it was for one host
   * ```
   * @default none
   */
  former?: readonly FormerCookie[] | undefined
  /**
   * `'auto'`: on for requests over https, off for plain http. Behind a proxy, configure the framework
   * to trust it, or set `true`.
   *
   * @default 'auto'
   */
  secure?: boolean | 'auto' | undefined
  /**
   * Hides the cookie from scripts, so that an injected one cannot steal it.
   *
   * @default true
   */
  httpOnly?: boolean | undefined
  /**
   * Which requests from other sites carry the cookie. `'lax'`: following a link. `'strict'`: none.
   * `'none'`: all, which requires `secure: true` and protection against forged requests. The attribute
   * is always sent, because the defaults of browsers differ.
   *
   * @default 'lax'
   */
  sameSite?: 'lax' | 'strict' | 'none' | undefined
  /**
   * A separate cookie for each embedding site (CHIPS). Requires `secure: true`.
   *
   * @default false
   */
  partitioned?: boolean | undefined
  /**
   * Chromium evicts cookies of high priority last when a site has too many.
   *
   * @default none
   */
  priority?: 'low' | 'medium' | 'high' | undefined
  /**
   * `false`: the browser deletes the cookie when it closes, unless it restores its tabs.
   *
   * @default true
   */
  persistent?: boolean | undefined
}

/** Where the cookie used to be valid. */
export interface FormerCookie {
  /**
   * Its path.
   *
   * @default '/'
   */
  readonly path?: string | undefined
  /**
   * Its domain.
   *
   * @default none: one host only
   */
  readonly domain?: string | undefined
}

/** {@link CookieOptions}, validated and complete. @internal */
export interface CookieSettings {
  readonly name: string
  readonly path: string
  /** What a proxy takes off each path; empty for nothing. */
  readonly basePath: string
  /** Variants to expire at login and logout. */
  readonly former: readonly FormerCookie[]
  /** `undefined` for this host only. */
  readonly domain: string | undefined
  /** `'auto'` follows each request. */
  readonly secure: boolean | 'auto'
  readonly httpOnly: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly partitioned: boolean
  readonly priority: 'low' | 'medium' | 'high' | undefined
  readonly persistent: boolean
}

/** A token by RFC 9110, section 5.6.2. */
const nameGrammar = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/
/** RFC 6265bis, section 4.1.1: any characters but controls and `;`. */
const pathGrammar = /^\/[\x20-\x3a\x3c-\x7e]{0,1023}$/
/** RFC 1034, section 3.5: labels of letters, digits and hyphens. */
const domainGrammar =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

const rules: Readonly<Record<keyof CookieOptions, Rule>> = {
  name: [
    // Other code on the server may parse cookies into a plain object, where `constructor` is inherited.
    (value) => matches(nameGrammar, value) && !(String(value) in {}),
    "1 to 128 letters, digits and !#$%&'*+-.^_`|~, but no name that every object has, such as constructor",
  ],
  path: [(value) => matches(pathGrammar, value), "a path that begins with '/' and has no ';'"],
  basePath: [
    (value) => value === '' || (matches(pathGrammar, value) && !String(value).endsWith('/')),
    "'', or a path that begins with '/', does not end with it and has no ';'",
  ],
  former: [isFormerList, 'a list of at most 8 objects with path and domain'],
  domain: [(value) => value === undefined || matches(domainGrammar, value), 'a host name'],
  secure: oneOf(true, false, 'auto'),
  httpOnly: oneOf(true, false),
  sameSite: oneOf('lax', 'strict', 'none'),
  partitioned: oneOf(true, false),
  priority: oneOf(undefined, 'low', 'medium', 'high'),
  persistent: oneOf(true, false),
}

/** The prefixes that browsers enforce, in any case (RFC 6265bis, section 4.1.3, and layered cookies). */
const prefixes = ['__Host-Http-', '__Http-', '__Host-', '__Secure-'] as const

/**
 * Checks the attributes one by one, then their combination.
 *
 * @throws {@link SessionConfigError} naming the attribute, what was received and what is allowed.
 *
 * @internal
 */
export function checkCookie(received: CookieOptions, defaults: CookieSettings): CookieSettings {
  if (readOption('cookie', () => Object.hasOwn(Object(received) as object, 'maxAge')))
    throw new SessionConfigError('cookie.maxAge: unknown option. Write maxAge beside cookie')
  const cookie = { ...defaults, ...readOptions('cookie', received, Object.keys(defaults)) } as CookieSettings
  for (const name of Object.keys(rules) as (keyof CookieOptions)[]) {
    const [isAllowed, allowed] = rules[name]
    demand(cookie, name, isAllowed(cookie[name]), allowed)
  }
  checkCombination(cookie)
  return { ...cookie, former: Array.from(cookie.former, readFormer) }
}

/** Own properties only, and a copy: the application may go on to change its list. */
function readFormer(variant: FormerCookie, index: number): FormerCookie {
  const option = `cookie.former[${index}]`
  const { path, domain } = readOptions(option, variant, ['path', 'domain'])
  for (const [name, value] of Object.entries({ path, domain })) {
    const [isAllowed, allowed] = rules[name as keyof FormerCookie]
    if (value !== undefined && !isAllowed(value)) throw createOptionError(`${option}.${name}`, value, allowed)
  }
  return { path, domain }
}

/** The combinations that browsers reject. */
function checkCombination(cookie: CookieSettings): void {
  const isSecure = cookie.secure === true
  demand(cookie, 'secure', cookie.sameSite !== 'none' || isSecure, "true, because sameSite is 'none'")
  demand(cookie, 'secure', !cookie.partitioned || isSecure, 'true, because the cookie is partitioned')
  const prefix = prefixes.find((each) => cookie.name.toLowerCase().startsWith(each.toLowerCase()))
  if (prefix === undefined) return
  const reason = `because the name begins with ${prefix}`
  demand(cookie, 'name', cookie.name.startsWith(prefix), `the prefix spelled ${prefix}`)
  demand(cookie, 'secure', isSecure, `true, ${reason}`)
  demand(cookie, 'httpOnly', cookie.httpOnly || !prefix.endsWith('Http-'), `true, ${reason}`)
  if (!prefix.startsWith('__Host-')) return
  demand(cookie, 'path', cookie.path === '/', `'/', ${reason}`)
  demand(cookie, 'domain', cookie.domain === undefined, `none, ${reason}`)
}

function demand(cookie: CookieSettings, name: keyof CookieSettings, holds: boolean, allowed: string): void {
  if (!holds) throw createOptionError(`cookie.${name}`, cookie[name], allowed)
}

/** Each variant costs a header at every login, and browsers limit the headers of a response. */
function isFormerList(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 8
}

function matches(grammar: RegExp, value: unknown): boolean {
  return typeof value === 'string' && grammar.test(value)
}

/**
 * Whether a request's path matches the cookie's (RFC 6265, section 5.1.4), so that the browser will send it back. A session
 * that is made outside could never be opened, and its cookie would replace the one of the session inside. The path is the one that the server
 * sees; what a proxy has taken off is put back first.
 *
 * @internal
 */
export function matchesPath({ path, basePath }: CookieSettings, requestPath: string): boolean {
  if (path === '/') return true
  const whole = `${basePath}${requestPath}`
  return whole === path || (whole.startsWith(path) && (path.endsWith('/') || whole[path.length] === '/'))
}
