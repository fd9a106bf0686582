// One save as data: what it works on, fixed at one moment. A save waits for the store several
// times, and the handler goes on meanwhile; what it does then must not slip into the save half-way.

import type { KeyQueue } from '../../key-queue.ts'
import type { Draft } from '../../session/draft.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionRecord } from '../../store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { StoreAccess } from './store-access.ts'

/** How a commit ended: on a record, with a new token or not, or because no record of ours is left. */
export type CommitResult =
  | { readonly record: SessionRecord; readonly isRotated: boolean }
  | { readonly lost: 'gone' | 'replaced' }

/** The commits of one key in this process queue up, so that a hot counter does not fight itself. */
export type SaveQueue = KeyQueue<CommitResult>

/** What a save is asked for with. It may have to wait for another one of the same session. */
export interface SaveRequest {
  /** The manager's, the same for all saves. */
  readonly settings: ManagerSettings
  /** Where commits of one key wait for each other. */
  readonly queue: SaveQueue
  /** The store, within this save's time. */
  readonly access: StoreAccess
  /** The session during its request: what a save ends on is noted there. */
  readonly state: SessionState
  /** An operation whose result the handler waits for: it must run on the newest data. */
  readonly transaction?: Operation | undefined
  /** The state's `generation` when the save was asked for. */
  readonly generation: number
}

/** One save of one session: all it needs to know, taken at one moment. */
export interface Save extends SaveRequest {
  /** What the handler did since the last save, in order; the transaction at the end. */
  readonly operations: readonly Operation[]
  /** The record that the operations were recorded on; `undefined` for a new session. */
  readonly original: SessionRecord | undefined
  /** `original` with the operations applied, as the handler saw it. */
  readonly draft: Draft
  /** The token that opened `original`; `undefined` for a new session. */
  readonly presented: string | undefined
  /** The token the operations lead to. */
  readonly token: string
  /** Even if nothing changes, the operations must have run on the newest record. */
  readonly mustBeFresh: boolean
  /** The state's `generation` when the save began. */
  readonly generation: number
}

/**
 * Takes over what was recorded, all at one moment: what the handler does from now on is for the
 * next save.
 */
export function beginSave(order: SaveRequest): Save {
  const { state, transaction } = order
  const { journal, credentials } = state
  const operations = transaction ? [...journal.operations, transaction] : journal.operations
  const draft = journal.fork(state.record)
  if (transaction) journal.apply(transaction, draft)
  journal.operations = []
  return {
    ...order,
    operations,
    original: state.record,
    draft,
    presented: credentials.presented,
    token: credentials.current,
    mustBeFresh: transaction !== undefined,
    generation: state.generation,
  }
}
