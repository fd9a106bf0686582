import { SessionConflictError, SessionStoreError } from '../../errors.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { Save } from './save.ts'
import { storeChanges } from './store-changes.ts'

/** What a save is asked for with. */
export interface SaveOrder extends Pick<Save, 'settings' | 'queue' | 'deadline' | 'state'> {
  /** One more operation, which must run on the newest data. */
  readonly last?: Operation | undefined
  /** The state's `endings` when the save was asked for. */
  readonly endings: number
}

/**
 * Saves what a session recorded, and resolves to whether the session still stood: first what
 * `logout` or `destroy` left to remove, then the operations.
 */
export async function runSave(order: SaveOrder): Promise<boolean> {
  const { state, last } = order
  // Asked for before a logout that came first: it must not run on what comes after it.
  if (last && order.endings !== state.endings) return false
  if (last) state.demandSaved()
  const recorded = state.operations
  try {
    const save = takeSave(order)
    await removeEnded(save)
    state.revived.demandNoEdits(order.settings.codec)
    // The answer is an error already: a token replaced now would lock its user out.
    if (state.hasLostChanges || state.endings !== save.endings) return false
    return await storeChanges(save)
  } catch (error) {
    keepFailure(state, recorded, error)
    throw error
  }
}

/** Takes over what was recorded, all at one moment: what comes later is for the next save. */
function takeSave(order: SaveOrder): Save {
  const { state, last } = order
  const operations = last ? [...state.operations, last] : state.operations
  const draft = state.forkDraft()
  if (last) state.apply(last, draft)
  state.operations = []
  return {
    ...order,
    operations,
    original: state.record,
    draft,
    presented: state.token.current ?? '',
    token: state.token.latest,
    mustBeFresh: last !== undefined,
    endings: state.endings,
  }
}

async function removeEnded({ settings, state, deadline }: Save): Promise<void> {
  for (const { key, handle } of state.removals.pending) {
    await deadline.call('delete', () => settings.store.delete(key))
    state.removals.finish(key)
    settings.emit({ type: 'ended', handle })
  }
}

/**
 * Trouble with the store may have left the changes applied or not: the session is of no more use
 * to this request. A conflict has dropped them. Any other exception, such as one that a function
 * given to `update` or `transaction` throws, has changed nothing: what was recorded stands.
 */
function keepFailure(state: SessionState, recorded: readonly Operation[], error: unknown): void {
  const isStoreTrouble = error instanceof SessionStoreError
  if (isStoreTrouble || error instanceof SessionConflictError) {
    state.rebase(state.record, state.token.current)
    if (isStoreTrouble || error.reason === 'outcome-unknown') {
      state.failure = error
      state.hasLostChanges = true
    }
  } else if (state.operations !== recorded) {
    state.operations = [...recorded, ...state.operations]
  }
}
