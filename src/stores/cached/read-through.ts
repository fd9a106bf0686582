// The two ways past a cache: to read what it does not hold, and to write what it must then forget.

import type { Awaitable, SessionRecord } from '../../store.ts'
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
 * Writes to the store, then forgets. Also after a failure, which may have come after the write was
 * applied, and only afterwards: what is read until then may be the old record.
 */
export async function thenForget<Answer>(
  write: () => Awaitable<Answer>,
  forget: () => void,
): Promise<Answer> {
  try {
    return await write()
  } finally {
    forget()
  }
}
