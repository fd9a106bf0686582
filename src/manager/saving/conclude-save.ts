// After a save, successful or not, the request goes on: with a newer record, with nothing, or with
// an error that every later use must repeat.

import { SessionConflictError, SessionStoreError } from '../../errors.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionRecord } from '../../store.ts'
import type { Save } from './save.ts'

/**
 * What the request stands on after a save that stored `record`. When the session was ended while
 * the save ran, what was stored is to be removed as well.
 */
export function adoptRecord(
  { state, generation }: Save,
  record: SessionRecord,
  token: string,
  isTokenNew: boolean,
): void {
  if (state.generation !== generation) {
    state.planRemoval(record)
    return
  }
  state.rebase(record, token)
  if (isTokenNew) state.exchange.mustSendToken = true
}

/**
 * What the request stands on after a save that failed. Trouble with the store may have left the
 * changes applied or not: the session is of no more use to this request. A conflict has dropped
 * them. Any other exception, such as one that a function given to `update` or `transaction` throws,
 * has changed nothing: what was recorded stands.
 */
export function keepFailure(state: SessionState, recorded: Operation[], error: unknown): void {
  const { journal } = state
  const isStoreTrouble = error instanceof SessionStoreError
  if (isStoreTrouble || error instanceof SessionConflictError) {
    state.rebase(state.record, state.credentials.presented)
    if (isStoreTrouble || error.reason === 'outcome-unknown') {
      state.failure = error
      state.hasLostChanges = true
    }
  } else if (journal.operations !== recorded) {
    journal.operations = [...recorded, ...journal.operations]
  }
}
