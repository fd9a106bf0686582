import type { Clock } from '../../../src/contract/clock.ts'
import { SessionConflictError } from '../../../src/contract/errors.ts'
import { systemClock } from '../../../src/contract/clock.ts'
import { createSessionManager } from '../../../src/manager/create-session-manager.ts'
import type { SessionEvent } from '../../../src/manager/events.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import type { SessionOptions } from '../../../src/manager/session-options.ts'
import type { SessionStore } from '../../../src/contract/store.ts'
import type { Loose } from '../../core/harness.ts'
import type { Address, EngineStore, RunningEngine } from '../engine.ts'

/** What is there to try a failure mode on: a running engine, and three stores with connections of their own. */
export interface Ground {
  readonly running: RunningEngine
  readonly stores: readonly [EngineStore, EngineStore, EngineStore]
}

/** A way in which sessions fail elsewhere, and the test that it does not here. */
export interface FailureMode {
  /** Its number and what must hold. */
  readonly name: string
  /** Whether it needs a server behind a network, which SQLite and databases in this process do not have. */
  readonly needsNetwork?: boolean
  /** Whether it needs an index that can drift from the records, which only Redis has: in a table, both are one row. */
  readonly needsIndex?: boolean
  /** Whether it needs a table. */
  readonly needsTable?: boolean
  run(ground: Ground): Promise<void>
}

/** Why a failure mode cannot occur on an engine; `undefined` when it can. */
export function findReasonToSkip(mode: FailureMode, { kind, ports }: Address): string | undefined {
  if (mode.needsNetwork && ports.length === 0) return 'has no network'
  if (mode.needsIndex && !kind.startsWith('redis')) return 'has no index that could drift'
  if (mode.needsTable && /^(?:redis|memory)/.test(kind)) return 'has no table to change'
  return undefined
}

/** One of several servers with the same store. */
export interface Node {
  readonly sessions: SessionManager<Loose>
  readonly events: readonly SessionEvent[]
}

/** A manager on a store, and all the events it tells. */
export function startNode(store: SessionStore, options: SessionOptions = {}): Node {
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent): void => void events.push(event)
  return { sessions: createSessionManager<Loose>({ store, onEvent, ...options }), events }
}

/** Real time, because servers are waited for, but one that a test can set forward. */
export interface MovableClock extends Clock {
  advance(milliseconds: number): void
}

export function movableClock(): MovableClock {
  let ahead = 0
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    advance: (milliseconds) => void (ahead += milliseconds),
  }
}

/** Whether a save has failed because its changes were dropped, for this reason, and says so with a 409. */
export function isRefused(error: unknown, ...reasons: readonly ('gone' | 'replaced')[]): boolean {
  if (!(error instanceof SessionConflictError) || error.status !== 409) return false
  return reasons.some((reason) => reason === error.reason)
}

let users = 0

/** A user whom no other test has. */
export function newUser(): string {
  users += 1
  return `user-${users}`
}

/** The numbers from 0 to below `count`. */
export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}
