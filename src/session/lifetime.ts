// Two clocks end a session: disuse, after `idleTimeout`, and age, after `maxAge`. Both ends are
// written into the record, so that a later change of options ends no session early and keeps none
// longer.

import type { SessionRecord } from '../store.ts'

/** How long sessions live. All in milliseconds. */
export interface Lifetimes {
  /** From creation or login to the last end. */
  readonly maxAge: number
  /** From the last use to the idle end. */
  readonly idleTimeout: number
  /** Between two touches of one session. */
  readonly touchEvery: number
}

/** The times in a record that say how long the session lives. */
export type Life = Pick<SessionRecord, 'lastSeenAt' | 'idleTimeout' | 'idleExpiresAt' | 'endsAt'>

/** A life that begins now. */
export function startLife({ maxAge, idleTimeout }: Lifetimes, now: number): Life {
  const endsAt = now + maxAge
  return { lastSeenAt: now, idleTimeout, idleExpiresAt: Math.min(now + idleTimeout, endsAt), endsAt }
}

/** The instant from which the session is over. */
export function expiryOf(record: SessionRecord): number {
  return Math.min(record.idleExpiresAt, record.endsAt)
}

/** Whether the idle end should be moved: at most one touch per session in `touchEvery`. */
export function isTouchDue(record: SessionRecord, lifetimes: Lifetimes, now: number): boolean {
  return now - record.lastSeenAt >= lifetimes.touchEvery
}
