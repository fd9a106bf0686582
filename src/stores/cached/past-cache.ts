// The ways past a cache: to read what it does not hold, and to write what it must then forget. A login may end other
// sessions of its user, which may be cached.

import type { Awaitable, SessionLimit, SessionRecord } from '../../contract/store.ts'
import type { RecordCache } from './record-cache.ts'

/** A write of the inner store, with the limit to pass on. */
type Write = (limit: SessionLimit | undefined) => Awaitable<boolean>

/** Reads from the store and keeps the record. */
export async function readThrough(
  cache: RecordCache,
  key: string,
  now: number,
  read: () => Awaitable<SessionRecord | undefined>,
): Promise<SessionRecord | undefined> {
  const pending = cache.beginRead(key, now)
  try {
    const record = await read()
    cache.endRead(pending, record)
    return record
  } catch (error) {
    cache.abandonRead(pending)
    throw error
  }
}

/**
 * Forgets before a write to the store, whose answer may never come, and again after it: what is read until
 * then may be the old record. Also after a failure, which may have come after the write was applied.
 */
export async function forgetAround<Answer>(
  write: () => Awaitable<Answer>,
  forget: () => void,
): Promise<Answer> {
  forget()
  try {
    return await write()
  } finally {
    forget()
  }
}

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
  return limit === undefined ? write(undefined) : forgetAroundLogin(cache, owner, limit, write)
}

/** Whom a login without an answer has ended cannot be told, so it empties the cache. */
async function forgetAroundLogin(
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
