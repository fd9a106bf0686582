// Runs every case of the contract against a store and groups the outcomes by promise. A failed case
// does not end the check: the author of a store wants to see everything that is missing at once.
// `npm run report` creates the table in docs/stores.md from these reports.

import type { Closable } from '../contract/capabilities.ts'
import type { Awaitable, SessionStore } from '../contract/store.ts'
import { parseDuration } from '../duration.ts'
import type { Duration } from '../duration.ts'
import { storeCaseContext } from './store-case.ts'
import type { StoreCase } from './store-case.ts'
import { casesFor, storePromises } from './store-promises.ts'
import type { StorePromise } from './store-promises.ts'
import { withTimeout } from './with-timeout.ts'

/** A store to check. */
export interface OpenedStore {
  /** Already open. The check closes it if it has a `close`. */
  readonly store: SessionStore
  /** A second store over the same records, as in another process. Omit it if there can be none. */
  readonly peer?: SessionStore | undefined
}

/** A case that a store failed. */
export interface FailedCase {
  /** The name of the case: what the store should have done. */
  readonly name: string
  /** The rejection of the case: an `AssertionError` with the actual answer, or an error of the store. */
  readonly error: unknown
}

/** The outcome of one promise. */
export interface CheckedPromise {
  /** The promise, as `docs/stores.md` shows it. */
  readonly name: string
  /** `'not offered'`: no case applies to this store, because it lacks the method or the peer. */
  readonly outcome: 'kept' | 'broken' | 'not offered'
  /** The number of cases that were run. */
  readonly cases: number
  /** The cases that failed; empty unless the promise is broken. */
  readonly failures: readonly FailedCase[]
  /** How far the promise is kept, by the store's own account, such as `within 5 s`. Absent if in full. */
  readonly limit?: string | undefined
}

/** The result of {@link checkPromises}. */
export interface PromiseReport {
  /** The name passed to {@link checkPromises}. */
  readonly store: string
  /** Every promise of the contract, in the order of the table. */
  readonly promises: readonly CheckedPromise[]
}

const longestTimeout = 3_600_000

/**
 * Options of {@link checkPromises}.
 *
 * @example
 * ```ts
 * const options: CheckOptions = { timeout: '1m' }
 * ```
 */
export interface CheckOptions {
  /**
   * How long a case may take, and the opening and closing of its store, before it counts as failed.
   * At most an hour.
   * @default '10s'
   */
  readonly timeout?: Duration | undefined
}

/**
 * Runs the whole store contract against a store and reports which promises it keeps. An exception from
 * the store, or from opening or closing it, fails the case; the remaining cases still run.
 *
 * @param name - The name of the store in the report.
 * @param open - Opens the store, once per case. It may contain records of other cases, and is closed
 * afterwards if it has a `close`.
 * @throws {@link SessionConfigError} for an invalid `timeout`.
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

/** Runs the cases of one promise, one after another, because they may share a database. */
async function checkPromise(
  { name, cases, limitOf }: StorePromise,
  open: () => Awaitable<OpenedStore>,
  timeout: number,
): Promise<CheckedPromise> {
  const outcomes: CaseOutcome[] = []
  let limit: string | undefined
  const openAndAsk = async (): Promise<OpenedStore> => {
    const opened = await open()
    limit = limitOf?.(opened.store)
    return opened
  }
  for (const storeCase of cases) outcomes.push(await checkCase(storeCase, openAndAsk, timeout))
  const failures = outcomes.filter((outcome) => typeof outcome === 'object')
  const count = outcomes.filter((outcome) => outcome !== 'not offered').length
  const outcome = count === 0 ? 'not offered' : failures.length === 0 ? 'kept' : 'broken'
  const isLimited = outcome === 'kept' && limit !== undefined
  return { name, outcome, cases: count, failures, ...(isLimited ? { limit } : {}) }
}

/** The outcome of one case. */
type CaseOutcome = 'passed' | 'not offered' | FailedCase

/**
 * Opens the store, runs the case and closes the store. Only the first failure is reported, because
 * later ones are usually its consequence.
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
