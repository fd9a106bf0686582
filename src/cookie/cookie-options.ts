import { SessionConfigError } from '../errors.ts'
import { checkNames } from '../options.ts'

/** The attributes of the session cookie. */
export interface CookieOptions {
  /** The cookie's name. `__Host-session` is the safest one and demands `secure: true`. @default 'session_id' */
  name?: string | undefined
  /** @default '/' */
  path?: string | undefined
  /** Shares the cookie with all subdomains. @default none: this host only */
  domain?: string | undefined
  /** `'auto'`: on for requests that came over https, off for plain http. @default 'auto' */
  secure?: boolean | 'auto' | undefined
  /** Hides the cookie from scripts. @default true */
  httpOnly?: boolean | undefined
  /** Always written. `'none'` demands `secure: true`. @default 'lax' */
  sameSite?: 'lax' | 'strict' | 'none' | undefined
  /** A separate cookie for each embedding site (CHIPS). Demands `secure: true`. @default false */
  partitioned?: boolean | undefined
  /** Which cookies Chromium drops last. @default none */
  priority?: 'low' | 'medium' | 'high' | undefined
  /** `false`: the browser forgets the cookie when it closes. @default true */
  persistent?: boolean | undefined
}

/** {@link CookieOptions}, checked and complete. */
export interface CookieSettings {
  readonly name: string
  readonly path: string
  readonly domain: string | undefined
  readonly secure: boolean | 'auto'
  readonly httpOnly: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly partitioned: boolean
  readonly priority: 'low' | 'medium' | 'high' | undefined
  readonly persistent: boolean
}

/** RFC 9110, section 5.6.2: what a token may consist of. */
const nameGrammar = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/
/** RFC 6265bis, section 4.1.1: any character but controls and `;`. */
const pathGrammar = /^\/[\x20-\x3a\x3c-\x7e]{0,1023}$/
/** RFC 1034, section 3.5: labels of letters, digits and hyphens. */
const domainGrammar =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** The prefixes that browsers enforce, case-insensitively (RFC 6265bis, section 4.1.3, and layered cookies). */
const prefixes = ['__Host-Http-', '__Http-', '__Host-', '__Secure-'] as const

/** Checks the attributes one by one, then together. @throws {@link SessionConfigError} */
export function checkCookie(options: CookieOptions, defaults: CookieSettings): CookieSettings {
  checkNames('cookie', options, Object.keys(defaults))
  const cookie = { ...defaults, ...withoutUndefined(options) } as CookieSettings
  check(
    'name',
    nameGrammar.test(cookie.name) && !(cookie.name in {}),
    cookie.name,
    'letters, digits and - _ .',
  )
  check('path', pathGrammar.test(cookie.path), cookie.path, "a path from '/' on, without ';'")
  check(
    'domain',
    cookie.domain === undefined || domainGrammar.test(cookie.domain),
    cookie.domain,
    'a host name',
  )
  checkOneOf('secure', cookie.secure, [true, false, 'auto'])
  checkOneOf('sameSite', cookie.sameSite, ['lax', 'strict', 'none'])
  checkOneOf('priority', cookie.priority, [undefined, 'low', 'medium', 'high'])
  for (const name of ['httpOnly', 'partitioned', 'persistent'] as const)
    checkOneOf(name, cookie[name], [true, false])
  checkTogether(cookie)
  return cookie
}

function checkTogether(cookie: CookieSettings): void {
  const secure = cookie.secure === true
  const prefix = prefixes.find((each) => cookie.name.toLowerCase().startsWith(each.toLowerCase()))
  if (prefix) {
    check('name', cookie.name.startsWith(prefix), cookie.name, `the prefix spelt ${prefix}`)
    check('secure', secure, cookie.secure, `true, because the name begins with ${prefix}`)
  }
  if (prefix?.startsWith('__Host-')) {
    check('path', cookie.path === '/', cookie.path, `'/', because the name begins with ${prefix}`)
    check(
      'domain',
      cookie.domain === undefined,
      cookie.domain,
      `none, because the name begins with ${prefix}`,
    )
  }
  if (prefix?.endsWith('Http-'))
    check('httpOnly', cookie.httpOnly, false, `true, because the name begins with ${prefix}`)
  check('secure', cookie.sameSite !== 'none' || secure, cookie.secure, "true, because sameSite is 'none'")
  check('secure', !cookie.partitioned || secure, cookie.secure, 'true, because the cookie is partitioned')
}

function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  check(
    name,
    allowed.includes(value),
    value,
    allowed
      .filter((each) => each !== undefined)
      .map(show)
      .join(', '),
  )
}

function check(name: string, holds: boolean, received: unknown, allowed: string): void {
  if (!holds)
    throw new SessionConfigError(`cookie.${name}: received ${show(received)}; allowed is ${allowed}`)
}

function show(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, 60))
    : `${typeof value === 'object' ? typeof value : String(value)}`
}

function withoutUndefined(options: CookieOptions): CookieOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
