// After a save, successful or not, the request continues: on the record that was saved, or with an
// error that every later use repeats.

import { SessionConflictError, SessionStoreError } from '../../errors.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionRecord } from '../../store.ts'
import type { Save, StoredSave } from './save.ts'

/**
 * Continues the request on the record that was saved, and returns whether it does. When the session
 * was ended while the save ran, the record is marked for removal instead.
 */
export function adoptRecord(
  { state, generation }: Save,
  record: SessionRecord,
  token: string | undefined,
): boolean {
  if (state.generation !== generation) {
    state.planRemoval(record)
    return false
  }
  state.rebase(record, token)
  return true
}

/**
 * Tells that the changes of a save were dropped, and resolves to `false`. What only removed something that was shown
 * claims nothing that is not there.
 *
 * @throws {@link SessionConflictError} with the reason, unless `onDropped` is `'event'`.
 */
export async function reportDropped(
  { settings, operations, original, transaction }: StoredSave,
  reason: 'gone' | 'replaced',
): Promise<boolean> {
  settings.emit({ type: 'dropped', reason, handle: original.handle, count: operations.length })
  if (operations.every(({ isTake }) => isTake)) return false
  // A transaction that was not saved has no result to resolve to.
  if (settings.onDropped === 'event' && (!transaction || transaction.isTake)) return false
  const why = reason === 'gone' ? 'has ended' : 'got a new token for safety'
  throw new SessionConflictError(reason, `the session ${why} meanwhile, so the changes were not saved`)
}

/**
 * Decides what a failed save means for the rest of the request. After a store error the changes may or
 * may not have been applied, so the session can no longer be used. A conflict has dropped the changes.
 * Any other exception, such as one thrown by a function passed to `update` or `transaction`, has
 * changed nothing: `recorded` goes back into the journal.
 */
export function concludeFailure(state: SessionState, recorded: readonly Operation[], error: unknown): void {
  const isStoreError = error instanceof SessionStoreError
  if (!isStoreError && !(error instanceof SessionConflictError)) {
    state.journal.putBack(recorded)
    return
  }
  state.rebase(state.record, state.credentials.presented)
  if (isStoreError || error.reason === 'outcome-unknown') {
    state.failure = error
    state.mayHaveLostChanges = true
  }
}
