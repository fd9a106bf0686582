// One save from beginning to end: remove what was ended, then create or commit, then tell the state
// what it stands on. Removal comes first because a logout is a promise, while a change may still be
// dropped. What replaces what on conflict is commit-record.ts; what a failure leaves is
// conclude-save.ts.

import { SessionStoreError } from '../../errors.ts'
import type { Draft } from '../../session/draft.ts'
import type { SessionRecord } from '../../store.ts'
import { commitRecord } from './commit-record.ts'
import { adoptRecord, keepFailure } from './conclude-save.ts'
import { createRecord } from './create-record.ts'
import { beginSave } from './save.ts'
import type { Save, SaveRequest } from './save.ts'

/**
 * Saves what a session recorded, and resolves to whether the session still stood: first what
 * `logout` or `destroy` left to remove, then the operations.
 */
export async function runSave(order: SaveRequest): Promise<boolean> {
  const { state, transaction } = order
  // Asked for before a logout that came first: it must not run on what comes after it.
  if (transaction && order.generation !== state.generation) return false
  if (transaction) state.assertSaved()
  const recorded = state.journal.operations
  try {
    const save = beginSave(order)
    await removeEnded(save)
    state.journal.revived.assertNoEdits(order.settings.codec)
    // The answer is an error already: a token replaced now would lock its user out.
    if (state.hasLostChanges || state.generation !== save.generation) return false
    const { original } = save
    return original ? await change(save, original) : await create(save, save.draft, save.token)
  } catch (error) {
    keepFailure(state, recorded, error)
    throw error
  }
}

/**
 * Removes what `logout` and `destroy` left, one by one: if the store fails half-way, the rest is still
 * noted.
 */
async function removeEnded({ settings, state, access }: Save): Promise<void> {
  for (const { key, handle } of state.removals) {
    await access.call('delete', () => settings.store.delete(key))
    state.removals = state.removals.filter((record) => record.key !== key)
    settings.emit({ type: 'ended', handle })
  }
}

/**
 * Stores a new session, unless it is empty (a session without data and without a user leaves no row),
 * or its cookie could not be sent any more.
 */
async function create(save: Save, draft: Draft, newToken: string): Promise<boolean> {
  const { settings, state, access } = save
  const { exchange } = state
  if (draft.values.size === 0 && draft.userId === undefined) {
    // Shows what is stored and recorded, without what has just come to nothing.
    state.journal.draft = undefined
    return true
  }
  if (exchange.head === 'sent' || (exchange.hasOutdatedToken && !draft.hasLoggedIn)) {
    const reason = exchange.hasOutdatedToken ? 'replaced' : 'late'
    settings.emit({ type: 'dropped', reason, handle: state.handle })
    return false
  }
  const { record, token } = await createRecord(settings, state, draft, newToken, access)
  adoptRecord(save, record, token, true)
  return true
}

/**
 * Commits changes to a stored session, after those of this process that came before it: a counter that
 * everybody increments would otherwise fight itself.
 */
async function change(save: Save, original: SessionRecord): Promise<boolean> {
  const outcome = await save.queue.run(original.key, async (previous, failure) => {
    // A store that has just kept the one before us waiting in vain would keep us waiting as well.
    if (failure instanceof SessionStoreError) throw failure
    save.access.restart()
    return commitRecord(save, original, previous)
  })
  if ('record' in outcome) {
    adoptRecord(save, outcome.record, save.token, outcome.isRotated)
    return true
  }
  save.settings.emit({ type: 'dropped', reason: outcome.lost, handle: original.handle })
  return createOwnSession(save)
}

/**
 * A login whose session was lost begins one of its own, without the old data. All else is
 * dropped, and no cookie is sent: it could undo the login or logout that came first. The state
 * keeps its outdated record, so that whatever the request still does is dropped as well.
 */
async function createOwnSession(save: Save): Promise<boolean> {
  const { state, operations, generation } = save
  const login = operations.findIndex((operation) => operation.isLogin)
  state.exchange.mustSendToken = false
  if (login === -1 || state.generation !== generation) return false
  state.startAnew()
  return create(save, state.journal.replay(operations.slice(login), undefined), state.credentials.current)
}
