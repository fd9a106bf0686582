// A login may end other sessions of its user, which may be cached.

import type { Awaitable, SessionLimit } from '../../store.ts'
import type { RecordCache } from './record-cache.ts'

/**
 * Forgets the sessions of an owner around a login, and those it has ended, which may have been another's or
 * nobody's when they were cached. Whom a login without an answer has ended cannot be told, so it empties the cache.
 */
export async function forgetEvicted(
  cache: RecordCache,
  owner: string | undefined,
  limit: SessionLimit,
  write: (limit: SessionLimit) => Awaitable<boolean>,
): Promise<boolean> {
  const evicted: string[] = []
  cache.dropSessions(owner, [])
  try {
    return await write({
      most: limit.most,
      onEviction(handle) {
        evicted.push(handle)
        limit.onEviction(handle)
      },
    })
  } catch (error) {
    cache.clear()
    throw error
  } finally {
    cache.dropSessions(owner, evicted)
  }
}
