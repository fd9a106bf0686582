// Two limits end a session: `idleTimeout`, counted from its last use, and `maxAge`, counted from its
// creation or login. Both ends are stored in the record. When the options are shortened later, the shorter
// limit holds at each load, and the next commit writes it; longer options extend no session that exists.

import { hour } from '../duration.ts'
import { expiryOf, idleEndOf, ownRecord } from '../contract/record.ts'
import type { SessionRecord } from '../contract/store.ts'

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

/** What a record and the manager say about its life, the shorter of each. */
export function limitLife(
  received: LimitedLife,
  { maxAge, idleTimeout }: Lifetimes,
): Pick<Life, 'idleTimeout' | 'endsAt'> {
  const record = ownRecord(received)
  if (record.lifetimes === 'own') return record
  return {
    idleTimeout: Math.min(record.idleTimeout, idleTimeout),
    endsAt: Math.min(record.endsAt, (record.authenticatedAt ?? record.createdAt) + maxAge),
  }
}

/** The properties of a record that its limits follow from. */
type LimitedLife = Pick<
  SessionRecord,
  'lifetimes' | 'idleTimeout' | 'idleExpiresAt' | 'endsAt' | 'lastSeenAt' | 'authenticatedAt' | 'createdAt'
>

/**
 * When a session ends by its record's or by the manager's limits, whichever are shorter. Under a shortened idle
 * timeout a tenth of the record's is added, an hour at most: uses within `touchEvery` were not written, and nobody
 * who is using a session is to be signed out by a change of the options.
 */
export function endOf(record: LimitedLife, lifetimes: Lifetimes): number {
  const { idleTimeout, endsAt } = limitLife(record, lifetimes)
  const isShortened = idleTimeout < record.idleTimeout
  const slack = isShortened ? Math.min(record.idleTimeout / 10, hour) : 0
  const idleEnd = isShortened ? record.lastSeenAt + idleTimeout + slack : record.idleExpiresAt
  return Math.min(idleEnd, endsAt, expiryOf(record))
}

/** Whether the last recorded use is so old that the store should be told of this one. */
export function isTouchDue(record: SessionRecord, lifetimes: Lifetimes, now: number): boolean {
  return now - record.lastSeenAt >= Math.min(lifetimes.touchEvery, record.idleTimeout / 10)
}
