// What a case of the store contract is: a sentence and a function that rejects when it does not
// hold. Cases are data, not tests, so that any runner can run them and a report can name them.

import type { Capability } from '../capabilities.ts'
import type { RecordChange, SessionRecord, SessionStore } from '../store.ts'
import { assertAnswer } from './assert-answer.ts'
import { sampleChange, sampleRecord } from './sample-record.ts'

/**
 * What a case works with. The store may hold records of other cases.
 *
 * @example
 * ```ts
 * async function isReadBack({ store, now, stored }: StoreCaseContext): Promise<boolean> {
 *   const { key } = await stored()
 *   return (await store.read(key, now)) !== undefined
 * }
 * ```
 */
export interface StoreCaseContext {
  /** The store under test, open. */
  readonly store: SessionStore
  /** The same records through a store of their own, as another process has it. */
  readonly peer?: SessionStore | undefined
  /** The instant at which the case takes place, in milliseconds since 1970. */
  readonly now: number
  /** A valid record made at `now`, with random names. */
  record(overrides?: Partial<SessionRecord>): SessionRecord
  /** Makes such a record and stores it. */
  stored(overrides?: Partial<SessionRecord>): Promise<SessionRecord>
  /** The next commit on a record. */
  change(record: SessionRecord, overrides?: Partial<RecordChange>): RecordChange
}

/**
 * One sentence of the store contract, as something to run under any test runner.
 *
 * @example
 * ```ts
 * const mine: StoreCase = {
 *   name: 'a record is there at once',
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
   * The case is for stores with each of these methods only, and with `'peer'` for those that several
   * processes can share.
   * @default none: for every store
   */
  readonly requires?: readonly (Capability | 'peer')[] | undefined
  /** Rejects when the store does otherwise. */
  run(context: StoreCaseContext): Promise<void>
}

/**
 * What {@link storeCaseContext} takes besides the store.
 *
 * @example
 * ```ts
 * const options: StoreCaseOptions = { now: Date.UTC(2030, 0, 1), peer: myStore() }
 * ```
 */
export interface StoreCaseOptions {
  /** When the case takes place. Stores with a clock of their own throw away records of the past. @default the present */
  now?: number | undefined
  /** A second store over the same records. @default none */
  peer?: SessionStore | undefined
}

/**
 * Prepares the context of a case.
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
