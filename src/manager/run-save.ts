import { SessionConflictError, SessionStoreError } from '../errors.ts'
import type { Draft } from '../session/draft.ts'
import type { Operation } from '../session/operations.ts'
import type { SessionState } from '../session/session-state.ts'
import type { SessionRecord } from '../store.ts'
import { commitRecord } from './commit-record.ts'
import { createRecord } from './create-record.ts'
import type { Save } from './save.ts'

/** What a save is asked for with. */
export interface SaveOrder extends Pick<Save, 'settings' | 'queue' | 'budget' | 'state'> {
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
    await removeDoomed(save)
    state.revived.demandNoEdits(order.settings.codec)
    // The answer is an error already: a token replaced now would lock its user out.
    if (state.hasLostChanges || state.endings !== save.endings) return false
    const { original } = save
    return original ? await change(save, original) : await create(save, save.draft, save.token)
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
    presented: state.presentedToken,
    token: state.currentToken(),
    mustBeFresh: last !== undefined,
    endings: state.endings,
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
  draft: Draft,
  newToken: string,
): Promise<boolean> {
  if (draft.fragments.size === 0 && draft.userId === undefined) {
    state.reopen()
    return true
  }
  if (state.isHeadWritten || (state.isOutdated && !draft.hasLoggedIn)) {
    const reason = state.isOutdated ? 'replaced' : 'late'
    settings.emit({ type: 'dropped', reason, handle: state.handle() })
    return false
  }
  const { record, token } = await createRecord(settings, state, draft, newToken, budget)
  conclude(state, endings, record, token, true)
  return true
}

async function change(save: Save, original: SessionRecord): Promise<boolean> {
  const outcome = await save.queue.run(original.key, async (previous, failure) => {
    // A store that has just kept the one before us waiting in vain would keep us waiting as well.
    if (failure instanceof SessionStoreError) throw failure
    save.budget.begin()
    return commitRecord(save, original, previous)
  })
  if ('record' in outcome) {
    conclude(save.state, save.endings, outcome.record, save.token, outcome.isRotated)
    return true
  }
  save.settings.emit({ type: 'dropped', reason: outcome.lost, handle: original.handle })
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
  return create(save, state.replay(operations.slice(login), undefined), state.currentToken())
}

/**
 * Trouble with the store may have left the changes applied or not: the session is of no more use
 * to this request. A conflict has dropped them. Any other exception, such as one that a function
 * given to `update` or `transaction` throws, has changed nothing: what was recorded stands.
 */
function keepFailure(state: SessionState, recorded: readonly Operation[], error: unknown): void {
  const isStoreTrouble = error instanceof SessionStoreError
  if (isStoreTrouble || error instanceof SessionConflictError) {
    state.settle(state.record, state.presentedToken || undefined)
    if (isStoreTrouble || error.reason === 'outcome-unknown') {
      state.failure = error
      state.hasLostChanges = true
    }
  } else if (state.operations !== recorded) {
    state.operations = [...recorded, ...state.operations]
  }
}
