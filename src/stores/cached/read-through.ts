// The two ways past a cache: to read what it does not hold, and to write what it must then forget.

import type { Awaitable, SessionRecord } from '../../contract/store.ts'
import type { RecordCache } from './record-cache.ts'

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
