// How long a session lives, and how its uses move the end. `idleTimeout` counts from its last use, `maxAge` from its
// creation or login; both ends are stored in the record. When the options are shortened later, the shorter limit holds at
// each load, and the next save writes it; longer options extend no session that exists. The store is told of a use at most
// once in `touchEvery`.

import type { Clock } from '../contract/clock.ts'
import { expiryOf, idleEndOf, ownRecord } from '../contract/record.ts'
import type { SessionRecord } from '../contract/store.ts'
import { hour } from '../duration.ts'
import type { ExchangeState } from './exchange-state.ts'

/** How long sessions live. All in milliseconds. */
export interface Lifetimes {
  /** From creation or login to the absolute end. */
  readonly maxAge: number
  /** From the last use to the idle end. */
  readonly idleTimeout: number
  /** The least time between two touches of one session. */
  readonly touchEvery: number
}

/** What tells how long a session lives. */
export interface TimeSettings {
  /** The only source of time; `now()` is in whole milliseconds. */
  readonly clock: Clock
  /** Applied when a session is created, and again at login. */
  readonly lifetimes: Lifetimes
}

/** The properties of a record that determine when the session ends. */
export type Life = Pick<SessionRecord, 'lastSeenAt' | 'idleTimeout' | 'idleExpiresAt' | 'endsAt'>

/** The times of a session that begins now. */
export function startLife({ maxAge, idleTimeout }: Lifetimes, now: number): Life {
  const life = { lastSeenAt: now, idleTimeout, endsAt: now + maxAge }
  return { ...life, idleExpiresAt: idleEndOf(now, life) }
}

/** The properties of a record that its limits follow from. */
type LimitedLife = Pick<
  SessionRecord,
  'lifetimes' | 'idleTimeout' | 'idleExpiresAt' | 'endsAt' | 'lastSeenAt' | 'authenticatedAt' | 'createdAt'
>

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
export function isTouchDue(
  record: Pick<Life, 'lastSeenAt' | 'idleTimeout'>,
  lifetimes: Lifetimes,
  now: number,
): boolean {
  return now - record.lastSeenAt >= Math.min(lifetimes.touchEvery, record.idleTimeout / 10)
}

/** Records uses of sessions in the store. */
export interface UseRecorder {
  /** Records a use at this instant, if none was recorded of late. A promise is pending until it is. */
  recordUse(record: SessionRecord, at: number): Promise<void> | undefined
  /** The newest use of a session that it has told the store of. */
  findUse(key: string): number | undefined
}

/**
 * The uses of a session in one request, which move its idle end forward, and when it ends by them. Whoever reads a page
 * has used the session as of the request's arrival; `save` and `touch` are uses at their own moment.
 */
export class Activity {
  /** Settles when the store knows of this request's use; saves wait for it, or the session could end first. */
  touching: Promise<void> | undefined
  readonly #settings: TimeSettings
  readonly #exchange: ExchangeState
  readonly #recorder: UseRecorder | undefined
  #hasArrived = false

  constructor(settings: TimeSettings, exchange: ExchangeState, recorder: UseRecorder | undefined) {
    this.#settings = settings
    this.#exchange = exchange
    this.#recorder = recorder
  }

  /** Records the request itself as a use, once. */
  recordArrival(record: SessionRecord | undefined): void {
    if (this.#hasArrived) return
    this.#hasArrived = true
    this.#recordUse(record, this.#exchange.arrivedAt)
  }

  /** Records a use at this moment. */
  useNow(record: SessionRecord | undefined): void {
    this.#exchange.usedAt = this.#settings.clock.now()
    this.#recordUse(record, this.#exchange.usedAt)
  }

  /** When the session was created and when it ends if it is not used again, in milliseconds since 1970. */
  timesOf(record: SessionRecord | undefined): { createdAt: number; expiresAt: number } {
    const { clock, lifetimes } = this.#settings
    if (!record) {
      const now = clock.now()
      return { createdAt: now, expiresAt: startLife(lifetimes, now).idleExpiresAt }
    }
    const usedAt = this.#recorder?.findUse(record.key) ?? 0
    const isNewer = usedAt > record.lastSeenAt
    const expiresAt = isNewer ? idleEndOf(usedAt, limitLife(record, lifetimes)) : expiryOf(record)
    return { createdAt: record.createdAt, expiresAt }
  }

  #recordUse(record: SessionRecord | undefined, at: number): void {
    const touching = record && this.#recorder?.recordUse(record, at)
    if (touching) this.touching = touching
  }
}
