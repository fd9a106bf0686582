// Runs every case of the contract against a store and sorts the outcomes by promise. A case that
// fails is a finding, not the end of the check: whoever writes a store wants to see all that is
// missing, at once. The table in docs/stores.md is made of these reports by `npm run report`.

import type { Closable } from '../capabilities.ts'
import { parseDuration } from '../duration.ts'
import type { Duration } from '../duration.ts'
import type { Awaitable, SessionStore } from '../store.ts'
import { storeCaseContext } from './store-case.ts'
import type { StoreCase } from './store-case.ts'
import { casesFor, storePromises } from './store-promises.ts'
import type { StorePromise } from './store-promises.ts'
import { withTimeout } from './with-timeout.ts'

/**
 * A store to be checked.
 *
 * @example
 * ```ts
 * const open = (): OpenedStore => ({ store: sqliteStore('test.sqlite'), peer: sqliteStore('test.sqlite') })
 * ```
 */
export interface OpenedStore {
  /** Open, and closed by the check if it can be. */
  readonly store: SessionStore
  /** A second store over the same records, as another process would have it. Left out where none can be. */
  readonly peer?: SessionStore | undefined
}

/**
 * A case that a store fails.
 *
 * @example
 * ```ts
 * const describe = ({ name, error }: FailedCase) => `${name}: ${String(error)}`
 * ```
 */
export interface FailedCase {
  /** The name of the case: what the store should have done. */
  readonly name: string
  /** What the case rejected with: an `AssertionError` that says what came instead, or an error of the store. */
  readonly error: unknown
}

/**
 * What became of one promise.
 *
 * @example
 * ```ts
 * const isBroken = ({ outcome }: CheckedPromise) => outcome === 'broken'
 * ```
 */
export interface CheckedPromise {
  /** The promise, as `docs/stores.md` shows it. */
  readonly name: string
  /** `'not offered'`: no case is for this store, because it lacks the method or the peer. */
  readonly outcome: 'kept' | 'broken' | 'not offered'
  /** How many cases were run. */
  readonly cases: number
  /** The cases that failed; none unless the promise is broken. */
  readonly failures: readonly FailedCase[]
}

/**
 * What {@link checkPromises} found.
 *
 * @example
 * ```ts
 * const report: PromiseReport = await checkPromises('mine', () => ({ store: myStore() }))
 * assert.deepEqual(report.promises.flatMap(({ failures }) => failures), [])
 * ```
 */
export interface PromiseReport {
  /** The store, as it was named. */
  readonly store: string
  /** Every promise of the contract, in the order of the table. */
  readonly promises: readonly CheckedPromise[]
}

const longestTimeout = 3_600_000

/**
 * What {@link checkPromises} takes besides the store.
 *
 * @example
 * ```ts
 * const options: CheckOptions = { timeout: '1m' }
 * ```
 */
export interface CheckOptions {
  /**
   * How long a case may take, and the opening and the closing of its store. What takes longer has
   * failed. At most an hour.
   * @default '10s'
   */
  readonly timeout?: Duration | undefined
}

/**
 * Runs the whole store contract against a store and tells which promises it keeps. What the
 * store, its opening or its closing throws is the failure of a case; the other cases are run all the same.
 *
 * @param name - What the report shall call the store.
 * @param open - Opens the store anew for each case. It may hold records of other cases, and is closed
 * afterwards if it has a `close`.
 * @throws {@link SessionConfigError} for a `timeout` that is no duration.
 * @example
 * ```ts
 * const report = await checkPromises('memory', () => ({ store: memoryStore({ maxSessions: 500 }) }))
 * const broken = report.promises.filter(({ outcome }) => outcome === 'broken')
 * ```
 */
export async function checkPromises(
  name: string,
  open: () => Awaitable<OpenedStore>,
  { timeout = '10s' }: CheckOptions = {},
): Promise<PromiseReport> {
  const limit = parseDuration('checkPromises.timeout', timeout, longestTimeout)
  const promises: CheckedPromise[] = []
  for (const promise of storePromises) promises.push(await checkPromise(promise, open, limit))
  return { store: name, promises }
}

/** All cases of one promise, one after another: they may share a database. */
async function checkPromise(
  { name, cases }: StorePromise,
  open: () => Awaitable<OpenedStore>,
  limit: number,
): Promise<CheckedPromise> {
  const outcomes: CaseOutcome[] = []
  for (const storeCase of cases) outcomes.push(await checkCase(storeCase, open, limit))
  const failures = outcomes.filter((outcome) => typeof outcome === 'object')
  const count = outcomes.filter((outcome) => outcome !== 'not offered').length
  const outcome = count === 0 ? 'not offered' : failures.length === 0 ? 'kept' : 'broken'
  return { name, outcome, cases: count, failures }
}

/** What became of one case. */
type CaseOutcome = 'passed' | 'not offered' | FailedCase

/**
 * Opens, runs and closes. The first thing that fails is the finding; what follows is mostly its
 * consequence.
 */
async function checkCase(
  storeCase: StoreCase,
  open: () => Awaitable<OpenedStore>,
  limit: number,
): Promise<CaseOutcome> {
  const { name } = storeCase
  const errors: unknown[] = []
  const attempt = async <Result>(what: string, act: () => Awaitable<Result>): Promise<Result | undefined> => {
    try {
      return await withTimeout(limit, `${what} '${name}' did not end`, act)
    } catch (error) {
      errors.push(error)
      return undefined
    }
  }
  const opened = await attempt('opening the store for', open)
  if (opened) {
    const { store, peer } = opened
    const isOffered = casesFor(store, { peer }).includes(storeCase)
    if (isOffered) await attempt('the case', () => storeCase.run(storeCaseContext(store, { peer })))
    for (const each of [store, peer] as (Partial<Closable> | undefined)[])
      await attempt('closing the store after', () => each?.close?.())
    if (!isOffered) return 'not offered'
  }
  return errors.length === 0 ? 'passed' : { name, error: errors[0] }
}
