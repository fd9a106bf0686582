// Two limits end a session: `idleTimeout`, counted from its last use, and `maxAge`, counted from its
// creation or login. Both ends are stored in the record, so that changing the options later neither
// shortens nor extends the sessions that exist.

import { idleEndOf } from '../record.ts'
import type { SessionRecord } from '../store.ts'

/** How long sessions live. All in milliseconds. */
export interface Lifetimes {
  /** From creation or login to the absolute end. */
  readonly maxAge: number
  /** From the last use to the idle end. */
  readonly idleTimeout: number
  /** The least time between two touches of one session. */
  readonly touchEvery: number
}

/** The properties of a record that determine when the session ends. */
export type Life = Pick<SessionRecord, 'lastSeenAt' | 'idleTimeout' | 'idleExpiresAt' | 'endsAt'>

/** The times of a session that begins now. */
export function startLife({ maxAge, idleTimeout }: Lifetimes, now: number): Life {
  const life = { lastSeenAt: now, idleTimeout, endsAt: now + maxAge }
  return { ...life, idleExpiresAt: idleEndOf(now, life) }
}

/** Whether the last recorded use is so old that the store should be told of this one. */
export function isTouchDue(record: SessionRecord, lifetimes: Lifetimes, now: number): boolean {
  return now - record.lastSeenAt >= lifetimes.touchEvery
}
