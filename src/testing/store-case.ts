// A case of the store contract: a sentence, and a function that rejects if it does not hold. Cases are
// data rather than tests, so that any test runner can run them and a report can name them.

import type { Capability } from '../contract/capabilities.ts'
import type { RecordChange, SessionRecord, SessionStore } from '../contract/store.ts'
import { assertAnswer } from './assert-answer.ts'
import { sampleChange, sampleRecord } from './sample-record.ts'

/** What a case works with. The store may contain records of other cases. */
export interface StoreCaseContext {
  /** The store under test, open. */
  readonly store: SessionStore
  /** A second store over the same records, as in another process. */
  readonly peer?: SessionStore | undefined
  /** The present of the case, in milliseconds since 1970. */
  readonly now: number
  /** A valid record created at `now`, as by {@link sampleRecord}. */
  record(overrides?: Partial<SessionRecord>): SessionRecord
  /** Creates such a record and stores it. */
  stored(overrides?: Partial<SessionRecord>): Promise<SessionRecord>
  /** The next commit on a record, as by {@link sampleChange}. */
  change(record: SessionRecord, overrides?: Partial<RecordChange>): RecordChange
}

/**
 * One sentence of the store contract, to run under any test runner.
 *
 * @example
 * ```ts
 * const mine: StoreCase = {
 *   name: 'a created record can be read at once',
 *   async run({ store, now, stored }) {
 *     const { key } = await stored()
 *     assert.ok(await store.read(key, now))
 *   },
 * }
 * ```
 */
export interface StoreCase {
  /** What the store must do. */
  readonly name: string
  /**
   * The case applies only to stores with all of these methods; `'peer'` stands for a second store over
   * the same records.
   * @default none: the case applies to every store
   */
  readonly requires?: readonly (Capability | 'peer')[] | undefined
  /** Rejects if the store behaves differently. */
  run(context: StoreCaseContext): Promise<void>
}

/**
 * Options of {@link storeCaseContext}.
 *
 * @example
 * ```ts
 * const options: StoreCaseOptions = { now: Date.UTC(2030, 0, 1), peer: myStore() }
 * ```
 */
export interface StoreCaseOptions {
  /**
   * The present of the case, in milliseconds since 1970. A database that deletes expired rows by its own
   * clock needs the real one.
   * @default Date.now()
   */
  now?: number | undefined
  /**
   * A second store over the same records.
   * @default none
   */
  peer?: SessionStore | undefined
}

/**
 * Creates the context that a case runs in.
 *
 * @example
 * ```ts
 * await storeCase.run(storeCaseContext(memoryStore()))
 * ```
 */
export function storeCaseContext(store: SessionStore, options: StoreCaseOptions = {}): StoreCaseContext {
  const { now = Date.now(), peer } = options
  return {
    store,
    peer,
    now,
    record: (overrides) => sampleRecord(now, overrides),
    async stored(overrides) {
      const record = sampleRecord(now, overrides)
      assertAnswer('create', await store.create(record, now), true)
      return record
    },
    change: sampleChange,
  }
}
