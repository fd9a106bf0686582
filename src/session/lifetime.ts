import type { SessionRecord } from '../store.ts'

/** How long sessions live. All in milliseconds. */
export interface Lifetimes {
  readonly maxAge: number
  readonly idleTimeout: number
  readonly touchEvery: number
}

/** The instants a record carries when a life of a session begins. */
export function startLife(lifetimes: Lifetimes, now: number) {
  const endsAt = now + lifetimes.maxAge
  const { idleTimeout } = lifetimes
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
