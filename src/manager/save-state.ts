import { SessionConflictError, SessionError, SessionStoreError } from '../errors.ts'
import type { KeyQueue } from '../key-queue.ts'
import type { Operation } from '../session/operations.ts'
import type { SessionState } from '../session/session-state.ts'
import { Budget } from './budget.ts'
import { commitRecord } from './commit-record.ts'
import type { Save, SaveOutcome } from './commit-record.ts'
import { createRecord } from './create-record.ts'
import type { ManagerSettings } from './resolve-options.ts'

/** The commits of one key in this process queue up, so that a hot counter does not fight itself. */
export type SaveQueue = KeyQueue<SaveOutcome>

/** Whether the session still stood when it was saved. */
export type SaveResult = 'saved' | 'lost'

/**
 * Saves what a session recorded: first what `logout` or `destroy` left to remove, then the
 * operations, with `last` as one more that must run on the newest data.
 */
export async function saveState(
  settings: ManagerSettings,
  queue: SaveQueue,
  state: SessionState,
  last?: Operation,
): Promise<SaveResult> {
  const budget = new Budget(settings)
  const recorded = state.operations
  const operations = last ? [...recorded, last] : recorded
  state.operations = []
  state.saving += 1
  try {
    await removeDoomed(settings, state, budget)
    if (!state.record) return await create(settings, state, operations, budget)
    return await commit(settings, queue, state, operations, last !== undefined, budget)
  } catch (error) {
    keepFailure(settings, state, recorded, error)
    throw error
  } finally {
    state.saving -= 1
  }
}

async function removeDoomed(settings: ManagerSettings, state: SessionState, budget: Budget): Promise<void> {
  const { doomed } = state
  if (!doomed) return
  await budget.call('delete', () => settings.store.delete(doomed.key))
  state.doomed = undefined
  settings.emit({ type: 'ended', handle: doomed.handle })
}

/** A session without data and without a user leaves no row. */
async function create(
  settings: ManagerSettings,
  state: SessionState,
  operations: readonly Operation[],
  budget: Budget,
): Promise<SaveResult> {
  const draft = state.replay(operations, undefined)
  if (draft.fragments.size > 0 || draft.userId !== undefined)
    await createRecord(settings, state, draft, budget)
  return 'saved'
}

async function commit(
  settings: ManagerSettings,
  queue: SaveQueue,
  state: SessionState,
  operations: readonly Operation[],
  mustBeFresh: boolean,
  budget: Budget,
): Promise<SaveResult> {
  const original = state.record as Save['original']
  const save = {
    state,
    operations,
    original,
    presented: state.presentedToken,
    token: state.currentToken(),
    mustBeFresh,
  }
  const outcome = await queue.run(original.key, (previous) => commitRecord(settings, save, previous, budget))
  if ('record' in outcome) {
    state.settle(outcome.record, save.token)
    return 'saved'
  }
  settings.emit({ type: 'dropped', reason: outcome.lost, handle: original.handle })
  return startOver(settings, state, operations, budget)
}

/**
 * A login whose session was lost begins one of its own, without the old data. All else is
 * dropped, and no cookie is sent: it could undo the login or logout that came first. The state
 * keeps its outdated record, so that whatever the request still does is dropped as well.
 */
async function startOver(
  settings: ManagerSettings,
  state: SessionState,
  operations: readonly Operation[],
  budget: Budget,
): Promise<SaveResult> {
  const login = operations.findIndex((operation) => operation.isLogin)
  state.isTokenNew = false
  if (login === -1) return 'lost'
  state.settle(undefined, undefined)
  return create(settings, state, operations.slice(login), budget)
}

/**
 * Trouble with the store may have left the changes applied or not: the session is of no more use
 * to this request. A conflict has dropped them. An exception of the application's own function,
 * run by `transaction`, changed nothing, and what was recorded before it stands.
 */
function keepFailure(
  settings: ManagerSettings,
  state: SessionState,
  recorded: Operation[],
  error: unknown,
): void {
  if (error instanceof SessionConflictError && error.reason !== 'outcome-unknown') return
  if (error instanceof SessionStoreError || error instanceof SessionConflictError) {
    state.failure = error
    settings.emit({ type: 'failed', during: 'save', handle: state.handle(), error })
    return
  }
  state.operations = [...recorded, ...state.operations]
  if (error instanceof SessionError)
    settings.emit({ type: 'failed', during: 'save', handle: state.handle(), error })
}
