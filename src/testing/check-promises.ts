import type { Awaitable, Closable, SessionStore } from '../store.ts'
import { storeCaseContext } from './store-case.ts'
import type { StoreCase } from './store-case.ts'
import { fits, storePromises } from './store-promises.ts'
import type { StorePromise } from './store-promises.ts'

/** A store to be checked. */
export interface OpenedStore {
  readonly store: SessionStore
  /** A second store over the same records, as another process would have it. Left out where none can be. */
  readonly peer?: SessionStore | undefined
}

/** A case that a store fails. */
export interface FailedCase {
  readonly name: string
  readonly error: unknown
}

/** What became of one promise. */
export interface CheckedPromise {
  readonly name: string
  /** `'not offered'`: no case is for this store, because it lacks the method or the peer. */
  readonly outcome: 'kept' | 'broken' | 'not offered'
  /** How many cases were run. */
  readonly cases: number
  readonly failures: readonly FailedCase[]
}

/** What {@link checkPromises} found. */
export interface PromiseReport {
  /** The store, as it was named. */
  readonly store: string
  readonly promises: readonly CheckedPromise[]
}

/**
 * Runs the whole store contract against a store and tells which promises it keeps.
 *
 * @param name - What the report shall call the store.
 * @param open - Opens the store anew for each case. It may hold records of other cases, and is closed
 * afterwards if it has a `close`.
 * @example
 * ```ts
 * const report = await checkPromises('memory', () => ({ store: memoryStore({ maxSessions: 500 }) }))
 * const broken = report.promises.filter(({ outcome }) => outcome === 'broken')
 * ```
 */
export async function checkPromises(
  name: string,
  open: () => Awaitable<OpenedStore>,
): Promise<PromiseReport> {
  const promises: CheckedPromise[] = []
  for (const promise of storePromises) promises.push(await checkPromise(promise, open))
  return { store: name, promises }
}

async function checkPromise(
  { name, cases }: StorePromise,
  open: () => Awaitable<OpenedStore>,
): Promise<CheckedPromise> {
  const failures: FailedCase[] = []
  let count = 0
  for (const storeCase of cases) {
    const opened = await open()
    if (fits(storeCase, opened.store, opened.peer)) {
      count += 1
      const failure = await runCase(storeCase, opened)
      if (failure) failures.push(failure)
    }
    await closeAll(opened)
  }
  const outcome = count === 0 ? 'not offered' : failures.length === 0 ? 'kept' : 'broken'
  return { name, outcome, cases: count, failures }
}

async function runCase(storeCase: StoreCase, { store, peer }: OpenedStore): Promise<FailedCase | undefined> {
  try {
    await storeCase.run(storeCaseContext(store, { peer }))
    return undefined
  } catch (error) {
    return { name: storeCase.name, error }
  }
}

async function closeAll({ store, peer }: OpenedStore): Promise<void> {
  for (const each of [store, peer] as (Partial<Closable> | undefined)[]) await each?.close?.()
}
