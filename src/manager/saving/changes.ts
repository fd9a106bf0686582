// What one save writes, as data that is fixed at one moment. A save waits for the store several times, and the
// handler continues meanwhile: what it does then must not become part of a save that is already running.
// Next: save.ts.

import type { SessionRecord } from '../../contract/store.ts'
import type { Draft } from '../../session/draft.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { StoreAccess } from './store-access.ts'

/**
 * How the writing of changes ended: with a record, whose token may be new, or without one that is still ours. What is there
 * instead, if anything, is `current`.
 */
export type SaveOutcome =
  | { readonly lost: undefined; readonly record: SessionRecord; readonly isRotated: boolean }
  | { readonly lost: 'gone' | 'replaced'; readonly current: SessionRecord | undefined }

/** A save that was asked for. It may have to wait for another one of the same session. */
export interface SaveRequest {
  /** The same for all saves of a manager. */
  readonly settings: ManagerSettings
  /** The store, within the time that this save may take. */
  readonly access: StoreAccess
  /** The session during its request: the outcome of the save is stored there. */
  readonly state: SessionState
  /** An operation whose result the handler waits for: it must run on the newest data. */
  readonly transaction?: Operation | undefined
  /** The state's `generation` when the save was asked for. */
  readonly requestedGeneration: number
}

/** The changes of one session that one save writes, with everything it works on. */
export interface Changes extends SaveRequest {
  /** What the handler did since the last save, in order. */
  readonly recorded: readonly Operation[]
  /** What is to be saved: `recorded`, and the transaction after it. */
  readonly operations: readonly Operation[]
  /** The record that the operations were recorded on; `undefined` for a new session. */
  readonly original: SessionRecord | undefined
  /** `original`, or what is inherited, with the operations applied, as the handler saw it. */
  readonly draft: Draft
  /** The token that opened `original`; `undefined` for a new session. */
  readonly presented: string | undefined
  /** The token that will open the session once the operations are saved. */
  readonly token: string
  /** The state's `generation` when the save began. */
  readonly generation: number
}

/** Changes to a session that is stored already. */
export type StoredChanges = Changes & { readonly original: SessionRecord }

/**
 * Takes the recorded operations out of the journal; what the handler does from now on belongs to the
 * next save. Takes nothing when the transaction throws.
 */
export function takeChanges(request: SaveRequest): Changes {
  const { state, transaction } = request
  const { journal, credentials } = state
  const draft = journal.fork(state.base)
  if (transaction) journal.apply(transaction, draft)
  const recorded = journal.takeOperations()
  return {
    ...request,
    recorded,
    operations: transaction ? [...recorded, transaction] : recorded,
    original: state.record,
    draft,
    presented: credentials.presented,
    token: credentials.current,
    generation: state.generation,
  }
}
