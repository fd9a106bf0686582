import type { SessionStore } from '../store.ts'
import { storeCaseContext } from './store-case.ts'
import type { StoreCase, StoreCaseContext } from './store-case.ts'
import { commitCases } from './store-cases/commit-cases.ts'
import { commitTimeCases } from './store-cases/commit-time-cases.ts'
import { concurrencyCases } from './store-cases/concurrency-cases.ts'
import { createCases } from './store-cases/create-cases.ts'
import { dataCases } from './store-cases/data-cases.ts'
import { deleteCases } from './store-cases/delete-cases.ts'
import { enumerateCases } from './store-cases/enumerate-cases.ts'
import { isolationCases } from './store-cases/isolation-cases.ts'
import { readCases } from './store-cases/read-cases.ts'
import { serviceCases } from './store-cases/service-cases.ts'
import { sweepCases } from './store-cases/sweep-cases.ts'
import { touchCases } from './store-cases/touch-cases.ts'
import { userCases } from './store-cases/user-cases.ts'
import { userNameCases } from './store-cases/user-name-cases.ts'

export { storeCaseContext }
export type { StoreCase, StoreCaseContext }

/**
 * The store contract as cases, for any test runner. Each needs an open store; it may be the same
 * for all but `close`, which comes last. A bounded store should hold 100 to 1000 records here.
 *
 * @example
 * ```ts
 * for (const storeCase of casesFor(myStore())) {
 *   test(storeCase.name, () => storeCase.run(storeCaseContext(myStore())))
 * }
 * ```
 */
export const storeCases: readonly StoreCase[] = [
  ...createCases,
  ...readCases,
  ...commitCases,
  ...commitTimeCases,
  ...touchCases,
  ...deleteCases,
  ...concurrencyCases,
  ...isolationCases,
  ...dataCases,
  ...userCases,
  ...userNameCases,
  ...sweepCases,
  ...enumerateCases,
  ...serviceCases,
]

/** The cases that a store must pass: all of the five verbs, and those of the capabilities it has. */
export function casesFor(store: SessionStore): readonly StoreCase[] {
  const methods = store as unknown as Record<string, unknown>
  return storeCases.filter(
    ({ requires }) => requires === undefined || typeof methods[requires] === 'function',
  )
}
