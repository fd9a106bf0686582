// One save as data, fixed at one moment. A save waits for the store several times, and the handler
// continues meanwhile: what it does then must not become part of a save that is already running.

import type { Draft } from '../../session/draft.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionRecord } from '../../contract/store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { SaveLine } from './save-line.ts'
import type { StoreAccess } from './store-access.ts'

/**
 * How a commit ended: with a record, whose token may be new, or without one that is still ours. What is there
 * instead, if anything, is `current`.
 */
export type CommitResult =
  | { readonly lost: undefined; readonly record: SessionRecord; readonly isRotated: boolean }
  | { readonly lost: 'gone' | 'replaced'; readonly current: SessionRecord | undefined }

/** A save that was asked for. It may have to wait for another one of the same session. */
export interface SaveRequest {
  /** The same for all saves of a manager. */
  readonly settings: ManagerSettings
  /** Where saves of one key wait, to be written together. */
  readonly line: SaveLine
  /** The store, within the time that this save may take. */
  readonly access: StoreAccess
  /** The session during its request: the outcome of the save is stored there. */
  readonly state: SessionState
  /** An operation whose result the handler waits for: it must run on the newest data. */
  readonly transaction?: Operation | undefined
  /** The state's `generation` when the save was asked for. */
  readonly requestedGeneration: number
}

/** One save of one session: everything it works on. */
export interface Save extends SaveRequest {
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

/** A save of a session that is stored already. */
export type StoredSave = Save & { readonly original: SessionRecord }

/**
 * Takes the recorded operations out of the journal; what the handler does from now on belongs to the
 * next save. Takes nothing when the transaction throws.
 */
export function beginSave(request: SaveRequest): Save {
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
