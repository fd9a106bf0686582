// The contract of src/contract/store.ts, sentence by sentence, grouped by what users of a store can rely on.
// The first eight promises apply to every store; the others to stores that have the method, or a peer.

import type { SessionStore } from '../contract/store.ts'
import type { StoreCase, StoreCaseOptions } from './store-case.ts'
import { commitCases } from './store-cases/commit-cases.ts'
import { commitTimeCases } from './store-cases/commit-time-cases.ts'
import { createCases } from './store-cases/create-cases.ts'
import { dataCases } from './store-cases/data-cases.ts'
import { deleteCases } from './store-cases/delete-cases.ts'
import { deleteOwnerCases } from './store-cases/delete-owner-cases.ts'
import { enumerateCases } from './store-cases/enumerate-cases.ts'
import { evictionCases } from './store-cases/eviction-cases.ts'
import { exactlyOnceCases } from './store-cases/exactly-once-cases.ts'
import { expiryCases } from './store-cases/expiry-cases.ts'
import { isolationCases } from './store-cases/isolation-cases.ts'
import { noUpsertCases } from './store-cases/no-upsert-cases.ts'
import { processCases } from './store-cases/process-cases.ts'
import { processIndexCases } from './store-cases/process-index-cases.ts'
import { describeStaleness, processReadCases } from './store-cases/process-read-cases.ts'
import { readCases } from './store-cases/read-cases.ts'
import { closeCases, pingCases } from './store-cases/service-cases.ts'
import { sweepCases } from './store-cases/sweep-cases.ts'
import { touchCases } from './store-cases/touch-cases.ts'
import { uncachedCases } from './store-cases/uncached-cases.ts'
import { userCases } from './store-cases/user-cases.ts'
import { userDeleteCases } from './store-cases/user-delete-cases.ts'
import { userHandleCases } from './store-cases/user-handle-cases.ts'
import { userLimitCases } from './store-cases/user-limit-cases.ts'
import { userListCases } from './store-cases/user-list-cases.ts'
import { userNameCases } from './store-cases/user-name-cases.ts'

/** A promise of the store contract, with the cases that show whether a store keeps it. */
export interface StorePromise {
  /** The row heading in the table of docs/stores.md. */
  readonly name: string
  /** The promise is kept if all of them pass. */
  readonly cases: readonly StoreCase[]
  /** In words how far a store that passes them keeps the promise; `undefined` if it does so in full. */
  limitOf?(store: SessionStore): string | undefined
}

/** The store contract, promise by promise: the rows of the table that `formatReports` creates. */
export const storePromises: readonly StorePromise[] = [
  { name: 'No overlapping commit is lost', cases: commitCases },
  { name: 'Each commit happens exactly once, even when its answer is lost', cases: exactlyOnceCases },
  {
    name: 'Deleted sessions stay deleted: logout is final',
    cases: [...deleteCases, ...deleteOwnerCases],
  },
  { name: 'Only `create` creates a record, and it never overwrites one', cases: noUpsertCases },
  { name: 'Sessions end on time', cases: expiryCases },
  { name: 'Use extends a session and never shortens it', cases: [...touchCases, ...commitTimeCases] },
  { name: "Stored records are isolated from the caller's objects", cases: isolationCases },
  { name: 'Records come back exactly as stored', cases: [...createCases, ...readCases, ...dataCases] },
  { name: 'All of this holds across processes', cases: [...processCases, ...processIndexCases] },
  {
    name: 'Reads show at once what another process did',
    cases: processReadCases,
    limitOf: describeStaleness,
  },
  { name: 'Can read past its cache', cases: uncachedCases },
  {
    name: 'Finds, counts and deletes the sessions of a user',
    cases: [...userCases, ...userListCases, ...userHandleCases, ...userDeleteCases, ...userNameCases],
  },
  { name: 'Keeps the sessions of a user within a limit', cases: userLimitCases },
  { name: 'Sweeps expired sessions', cases: sweepCases },
  { name: 'Enumerates all sessions', cases: enumerateCases },
  { name: 'Reports evictions', cases: evictionCases },
  { name: 'Answers a ping', cases: pingCases },
  { name: 'Can be closed twice', cases: closeCases },
]

/**
 * The store contract as cases, for any test runner. Each needs an open store; all may share one except
 * `close`, which comes last. A store that evicts should be limited to 200 to 1000 records.
 *
 * @example
 * ```ts
 * for (const storeCase of storeCases) console.log(storeCase.name, storeCase.requires)
 * ```
 */
export const storeCases: readonly StoreCase[] = storePromises.flatMap(({ cases }) => cases)

/**
 * The cases that a store must pass: those of the five verbs, those of its capabilities, and with a
 * `peer` those about several processes, which also need the peer in {@link storeCaseContext}.
 *
 * @example
 * ```ts
 * for (const storeCase of casesFor(myStore())) {
 *   test(storeCase.name, () => storeCase.run(storeCaseContext(myStore())))
 * }
 * ```
 */
export function casesFor(
  store: SessionStore,
  { peer }: Pick<StoreCaseOptions, 'peer'> = {},
): readonly StoreCase[] {
  const methods = store as unknown as Readonly<Record<string, unknown>>
  return storeCases.filter(({ requires = [] }) =>
    requires.every((need) => (need === 'peer' ? peer !== undefined : typeof methods[need] === 'function')),
  )
}
