// The uses of a session in one request, which move its idle end forward. Whoever reads a page has used the session as
// of the request's arrival; `save` and `touch` are uses at their own moment. The store is told by the manager, at
// most once in `touchEvery`.

import { expiryOf, idleEndOf } from '../contract/record.ts'
import type { SessionRecord } from '../contract/store.ts'
import type { StateSettings } from './draft.ts'
import type { ExchangeState } from './exchange-state.ts'
import { limitLife, startLife } from './lifetime.ts'

/** Records uses of sessions in the store. */
export interface UseRecorder {
  /** Records a use at this instant, if none was recorded of late. A promise is pending until it is. */
  recordUse(record: SessionRecord, at: number): Promise<void> | undefined
  /** The newest use of a session that it has told the store of. */
  findUse(key: string): number | undefined
}

/** Records the uses of a session in one request, and tells when the session ends by them. */
export class Activity {
  /** Settles when the store knows of this request's use; saves wait for it, or the session could end first. */
  touching: Promise<void> | undefined
  readonly #settings: StateSettings
  readonly #exchange: ExchangeState
  readonly #recorder: UseRecorder | undefined
  #hasArrived = false

  constructor(settings: StateSettings, exchange: ExchangeState, recorder: UseRecorder | undefined) {
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
