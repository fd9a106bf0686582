// Which caches may keep a response, as a pure edit of its headers. RFC 9111, section 3, lets a shared cache
// keep any response to a GET that says neither `private` nor `no-store`: with max-age, with Expires, and by its
// own rules where nothing is said at all. So silence is not enough where a page is one user's.
//
// Section 5.2 gives the grammar of Cache-Control; many headers in use break it, and caches read those each in their own
// way. So a part that is not understood is never taken for a prohibition, and always for a permission it names.

/**
 * What the session demands of caches. `open`: nothing, since the response does not depend on it. `vary`: one
 * page for each Cookie header. `private`: that, and only in the user's own browser. `no-store`: nowhere.
 */
export type CachePolicy = 'open' | 'vary' | 'private' | 'no-store'

/**
 * The headers of a response, by name in any case. A `Headers` is one; an adapter whose framework has none
 * writes these four functions.
 *
 * @example
 * ```ts
 * const headers: HeaderFields = new Headers({ 'Cache-Control': 'public, max-age=60' })
 * ```
 */
export interface HeaderFields {
  /** The value as it would be sent; several lines are joined with `', '`. */
  get(name: string): string | null | undefined
  /** Replaces all lines of that name by one. */
  set(name: string, value: string): void
  /** Removes all lines of that name. */
  delete(name: string): unknown
  /** The names that are set. */
  keys(): Iterable<string>
}

/**
 * Edits the headers. What the application said stays as far as it allows no more than the policy. Returns
 * whether something was taken back that had allowed shared caches to keep the response.
 */
export function applyCachePolicy(policy: CachePolicy, fields: HeaderFields): boolean {
  if (policy === 'open') return false
  addCookieToVary(fields)
  if (policy === 'vary') return false
  const present = fields.get('cache-control') ?? ''
  const wanted = policy === 'private' ? makePrivate(present) : forbidCaches(present)
  if (wanted !== present) fields.set('Cache-Control', wanted)
  const permissions = findTargetedPermissions(fields)
  for (const name of permissions) fields.delete(name)
  return permissions.length > 0 || isMarkedPublic(present)
}

/** Whether a header tells shared caches that they may keep the response. */
export function allowsSharedCaches(fields: HeaderFields): boolean {
  return isMarkedPublic(fields.get('cache-control') ?? '') || findTargetedPermissions(fields).length > 0
}

/**
 * Headers that one kind of cache obeys instead of Cache-Control: those of RFC 9213 end alike, and nginx, Fastly
 * and Akamai had theirs before.
 */
const targeted = /^(?:.+-cache-control|surrogate-control|edge-control|x-accel-expires)$/i

/** The targeted headers but those that forbid: their cache may have been told to ignore Cache-Control. */
function findTargetedPermissions(fields: HeaderFields): readonly string[] {
  const found: string[] = []
  for (const name of fields.keys()) {
    if (!targeted.test(name)) continue
    const value = fields.get(name) ?? ''
    const forbids = /^x-accel-expires$/i.test(name) ? value.trim() === '0' : forbidsSharedCaches(value)
    if (!forbids) found.push(name)
  }
  return found
}

/** Keeps what is listed; `*` includes everything (RFC 9110, section 12.5.5). */
function addCookieToVary(fields: HeaderFields): void {
  const present = fields.get('vary')?.trim()
  if (!present) fields.set('Vary', 'Cookie')
  else if (!/(?:^|,)\s*(?:cookie|\*)\s*(?:,|$)/i.test(present)) fields.set('Vary', `${present}, Cookie`)
}

/**
 * The same value for private caches only. Where something malformed had to be taken out, nobody can tell what
 * it was to say, and the response is kept by no cache.
 */
function makePrivate(value: string): string {
  if (value === '') return 'private'
  const directives = parseDirectives(value)
  const kept = directives.filter((each) => !isForSharedCaches(each) && !isQualifiedPrivate(each))
  const isUnclear = directives.some((each) => each.name === undefined && isForSharedCaches(each))
  const forbids = hasPlain(kept, 'private') || (!isUnclear && hasPlain(kept, 'no-store'))
  const added = [...(forbids ? [] : ['private']), ...(isUnclear ? ['no-store'] : [])]
  if (added.length === 0 && kept.length === directives.length) return value
  return [...added, ...kept.map(({ text }) => text)].join(', ')
}

/** The value that lets no cache keep the response. What it says about transformations stays (RFC 9110, 7.7). */
function forbidCaches(value: string): string {
  const preserves = parseDirectives(value).some(({ name, text }) => preservation.test(name ?? text))
  return preserves ? 'private, no-store, no-transform' : 'private, no-store'
}

/** Whether shared caches are told that they may keep the response (RFC 9111, sections 5.2.2.9 and 5.2.2.10). */
function isMarkedPublic(value: string): boolean {
  if (value === '') return false
  const directives = parseDirectives(value)
  if (hasPlain(directives, 'no-store')) return false
  return directives.some((each) => each.name !== 'proxy-revalidate' && isForSharedCaches(each))
}

/**
 * Whether every shared cache reads the value as a prohibition. Nothing malformed, and nothing that says both:
 * a targeted header is a structured field, where the last of two members of one name counts (RFC 9213).
 */
function forbidsSharedCaches(value: string): boolean {
  const directives = parseDirectives(value)
  const isClear = directives.every(
    (each) => each.name !== undefined && !isForSharedCaches(each) && !isQualified(each),
  )
  return isClear && (hasPlain(directives, 'no-store') || hasPlain(directives, 'private'))
}

/** One member of the list. A malformed one has no name. */
interface Directive {
  readonly text: string
  /** In lower case. */
  readonly name: string | undefined
  readonly hasArgument: boolean
}

const member = /(?:"(?:[^"\\]|\\.)*"|[^,"]|")+/gs
const wellFormed = /^([\w!#$%&'*+.^`|~-]+)(=(?:[\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*"))?$/s
const permission = /(?<![\w-])(?:public|s-maxage|proxy-revalidate)(?![\w-])/i
const preservation = /(?<![\w-])no-transform(?![\w-])/i

/** The members of a Cache-Control header, or of one of its kin; commas in quoted strings separate nothing. */
function parseDirectives(value: string): readonly Directive[] {
  const texts = (value.match(member) ?? []).map((text) => text.trim()).filter((text) => text !== '')
  return texts.map((text) => {
    const [, name, argument] = wellFormed.exec(text) ?? []
    return { text, name: name?.toLowerCase(), hasArgument: argument !== undefined }
  })
}

/** Whether a directive is there in the form that stands for the whole response: `private="a"` does not. */
function hasPlain(directives: readonly Directive[], wanted: string): boolean {
  return directives.some(({ name, hasArgument }) => name === wanted && !hasArgument)
}

/** Whether a directive is about shared caches alone, or may be taken for one that is. */
function isForSharedCaches({ name, text }: Directive): boolean {
  return permission.test(name ?? text)
}

/** `private="a"` allows shared caches to keep all but the field `a`. */
function isQualifiedPrivate({ name, hasArgument }: Directive): boolean {
  return name === 'private' && hasArgument
}

function isQualified(directive: Directive): boolean {
  return isQualifiedPrivate(directive) || (directive.name === 'no-store' && directive.hasArgument)
}
