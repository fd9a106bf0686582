import type { KeyQueue } from '../../key-queue.ts'
import type { Draft } from '../../session/draft.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionRecord } from '../../store.ts'
import type { Deadline } from './deadline.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/** How a commit ended: on a record, with a new token or not, or because no record of ours is left. */
export type CommitResult =
  | { readonly record: SessionRecord; readonly isRotated: boolean }
  | { readonly lost: 'gone' | 'replaced' }

/** The commits of one key in this process queue up, so that a hot counter does not fight itself. */
export type SaveQueue = KeyQueue<CommitResult>

/** One save of one session: all it needs to know, taken at one moment. */
export interface Save {
  readonly settings: ManagerSettings
  readonly queue: SaveQueue
  readonly deadline: Deadline
  readonly state: SessionState
  readonly operations: readonly Operation[]
  /** The record that the operations were recorded on; `undefined` for a new session. */
  readonly original: SessionRecord | undefined
  /** `original` with the operations applied, as the handler saw it. */
  readonly draft: Draft
  /** The token that opened `original`; empty for a new session. */
  readonly presented: string
  /** The token the operations lead to. */
  readonly token: string
  /** Even if nothing changes, the operations must have run on the newest record. */
  readonly mustBeFresh: boolean
  /** The state's `endings` when the save began. */
  readonly endings: number
}
