import type { Capability, RecordChange, SessionRecord, SessionStore } from '../store.ts'
import { sampleChange, sampleRecord } from './sample-record.ts'

/** What a case works with. The store may hold records of other cases. */
export interface StoreCaseContext {
  readonly store: SessionStore
  /** The instant at which the case takes place, in milliseconds since 1970. */
  readonly now: number
  /** A valid record made at `now`, with random names. */
  record(overrides?: Partial<SessionRecord>): SessionRecord
  /** Makes such a record and stores it. */
  stored(overrides?: Partial<SessionRecord>): Promise<SessionRecord>
  /** The next commit on a record. */
  change(record: SessionRecord, overrides?: Partial<RecordChange>): RecordChange
}

/** One sentence of the store contract, as something to run under any test runner. */
export interface StoreCase {
  /** What the store must do. */
  readonly name: string
  /** The case is for stores with this method only. */
  readonly requires?: Capability
  /** Rejects when the store does otherwise. */
  run(context: StoreCaseContext): Promise<void>
}

/**
 * Prepares the context of a case.
 *
 * @param now - The present by default. Stores with a clock of their own throw away records of the past.
 */
export function storeCaseContext(store: SessionStore, now: number = Date.now()): StoreCaseContext {
  return {
    store,
    now,
    record: (overrides) => sampleRecord(now, overrides),
    async stored(overrides) {
      const record = sampleRecord(now, overrides)
      if ((await store.create(record, now)) !== true) throw new Error('create answered false for a new key')
      return record
    },
    change: sampleChange,
  }
}
