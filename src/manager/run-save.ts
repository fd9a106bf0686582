import { SessionConflictError, SessionStoreError } from '../errors.ts'
import type { KeyQueue } from '../key-queue.ts'
import type { Operation } from '../session/operations.ts'
import type { SessionState } from '../session/session-state.ts'
import type { SessionRecord } from '../store.ts'
import { Budget } from './budget.ts'
import { commitRecord } from './commit-record.ts'
import type { CommitResult } from './commit-record.ts'
import { createRecord } from './create-record.ts'
import type { ManagerSettings } from './resolve-options.ts'

/** The commits of one key in this process queue up, so that a hot counter does not fight itself. */
export type SaveQueue = KeyQueue<CommitResult>

/** What one save has to do its work with. */
interface Save {
  readonly settings: ManagerSettings
  readonly queue: SaveQueue
  readonly state: SessionState
  readonly budget: Budget
  readonly operations: readonly Operation[]
  /** Even if nothing changes, the operations must have run on the newest record. */
  readonly mustBeFresh: boolean
  /** The state's `endings` when the save began. */
  readonly endings: number
}

/**
 * Saves what a session recorded, and resolves to whether the session still stood: first what
 * `logout` or `destroy` left to remove, then the operations, with `last` as one more that must run
 * on the newest data.
 */
export async function runSave(
  settings: ManagerSettings,
  queue: SaveQueue,
  state: SessionState,
  budget: Budget,
  last?: Operation,
): Promise<boolean> {
  const recorded = state.operations
  const { endings } = state
  const operations = last ? [...recorded, last] : recorded
  const save = { settings, queue, state, budget, operations, mustBeFresh: last !== undefined, endings }
  try {
    state.revived.demandNoEdits(settings.codec)
    state.operations = []
    await removeDoomed(save)
    if (state.endings !== endings) return false
    return state.record ? await change(save, state.record) : await create(save, operations)
  } catch (error) {
    keepFailure(save, recorded, error)
    throw error
  }
}

async function removeDoomed({ settings, state, budget }: Save): Promise<void> {
  for (const { key, handle } of state.doomed) {
    await budget.call('delete', () => settings.store.delete(key))
    state.doomed = state.doomed.filter((record) => record.key !== key)
    settings.emit({ type: 'ended', handle })
  }
}

/** A session without data and without a user leaves no row. */
async function create(
  { settings, state, budget, endings }: Save,
  operations: readonly Operation[],
): Promise<boolean> {
  const draft = state.replay(operations, undefined)
  if (draft.fragments.size === 0 && draft.userId === undefined) return true
  if (state.isHeadWritten) {
    settings.emit({ type: 'dropped', reason: 'late', handle: state.handle() })
    return false
  }
  const { record, token } = await createRecord(settings, state, draft, budget)
  conclude(state, endings, record, token, true)
  return true
}

async function change(save: Save, original: SessionRecord): Promise<boolean> {
  const { settings, queue, state, budget, operations, mustBeFresh, endings } = save
  const token = state.currentToken()
  const commit = {
    settings,
    state,
    budget,
    operations,
    original,
    presented: state.presentedToken,
    token,
    mustBeFresh,
  }
  const outcome = await queue.run(original.key, (previous) => commitRecord(commit, previous))
  if ('record' in outcome) {
    conclude(state, endings, outcome.record, token, outcome.isRotated)
    return true
  }
  settings.emit({ type: 'dropped', reason: outcome.lost, handle: original.handle })
  return startOver(save)
}

/** What was stored while the session was being ended is to be removed as well. */
function conclude(
  state: SessionState,
  endings: number,
  record: SessionRecord,
  token: string,
  isTokenNew: boolean,
): void {
  if (state.endings !== endings) {
    state.doom(record)
    return
  }
  state.settle(record, token)
  if (isTokenNew) state.isTokenNew = true
}

/**
 * A login whose session was lost begins one of its own, without the old data. All else is
 * dropped, and no cookie is sent: it could undo the login or logout that came first. The state
 * keeps its outdated record, so that whatever the request still does is dropped as well.
 */
async function startOver(save: Save): Promise<boolean> {
  const { state, operations, endings } = save
  const login = operations.findIndex((operation) => operation.isLogin)
  state.isTokenNew = false
  if (login === -1 || state.endings !== endings) return false
  state.settle(undefined, undefined)
  return create(save, operations.slice(login))
}

/**
 * Trouble with the store may have left the changes applied or not: the session is of no more use
 * to this request. A conflict has dropped them. Any other exception, such as one that a function
 * given to `update` or `transaction` throws, has changed nothing: what was recorded stands.
 */
function keepFailure({ state }: Save, recorded: readonly Operation[], error: unknown): void {
  if (error instanceof SessionConflictError && error.reason !== 'outcome-unknown') {
    state.settle(state.record, state.presentedToken)
  } else if (error instanceof SessionStoreError || error instanceof SessionConflictError) {
    state.failure = error
  } else if (state.operations !== recorded) {
    state.operations = [...recorded, ...state.operations]
  }
}
