// A login may end other sessions of its user, which may be cached.

import type { Awaitable, SessionLimit } from '../../contract/store.ts'
import type { RecordCache } from './record-cache.ts'

/** A write of the inner store, with the limit to pass on. */
type Write = (limit: SessionLimit | undefined) => Awaitable<boolean>

/**
 * Forgets the sessions of an owner around a login with a limit, and those it has ended, which may have been
 * another's or nobody's when they were cached. A write without a limit ends none.
 */
export function forgetEvicted(
  cache: RecordCache,
  owner: string | undefined,
  limit: SessionLimit | undefined,
  write: Write,
): Awaitable<boolean> {
  return limit === undefined ? write(undefined) : forgetAround(cache, owner, limit, write)
}

/** Whom a login without an answer has ended cannot be told, so it empties the cache. */
async function forgetAround(
  cache: RecordCache,
  owner: string | undefined,
  limit: SessionLimit,
  write: Write,
): Promise<boolean> {
  const evicted: string[] = []
  const onEviction = (handle: string): void => {
    evicted.push(handle)
    limit.onEviction(handle)
  }
  cache.dropSessions(owner, [])
  try {
    return await write({ most: limit.most, onEviction })
  } catch (error) {
    cache.clear()
    throw error
  } finally {
    cache.dropSessions(owner, evicted)
  }
}
