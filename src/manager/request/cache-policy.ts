// Which caches may keep a response, as a pure edit of its headers. RFC 9111, section 3, lets a shared cache
// keep any response to a GET that says neither `private` nor `no-store`: with max-age, with Expires, and by its
// own rules where nothing is said at all. So silence is not enough where a page is one user's.

import { forbidCaches, forbidsSharedCaches, isMarkedPublic, makePrivate } from './cache-control.ts'

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
 * Headers that one kind of cache obeys instead of Cache-Control: those of RFC 9213 end alike, and nginx, Fastly
 * and Akamai had theirs before.
 */
const targeted = /^(?:.+-cache-control|surrogate-control|edge-control|x-accel-expires)$/i

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
