// One save from beginning to end: remove what was ended, then create or commit, then update the
// state. Removal comes first because a logout must take effect, whereas a change may still be
// dropped. Conflicts are handled in commit-record.ts, failures in conclude-save.ts.

import { SessionStoreError } from '../../errors.ts'
import type { Draft } from '../../session/draft.ts'
import type { SessionRecord } from '../../store.ts'
import { commitRecord } from './commit-record.ts'
import { adoptRecord, concludeFailure } from './conclude-save.ts'
import { createRecord } from './create-record.ts'
import { beginSave } from './save.ts'
import type { Save, SaveRequest } from './save.ts'

/**
 * Removes the records that `logout` or `destroy` ended, then saves the recorded operations. Resolves to
 * `false` when they were dropped, because the session has ended or its token was replaced.
 */
export async function runSave(request: SaveRequest): Promise<boolean> {
  const { settings, state, transaction } = request
  // A transaction requested before a logout must not run on the session that follows it.
  if (transaction && request.requestedGeneration !== state.generation) return false
  if (transaction) state.assertSaved()
  let save: Save | undefined
  try {
    save = beginSave(request)
    await removeEnded(save)
    state.journal.revived.assertNoEdits(settings.codec)
    // The response will be an error: a token replaced now would lock its user out.
    if (state.mayHaveLostChanges || state.generation !== save.generation) return false
    const { original } = save
    return original ? await commitChanges(save, original) : await createSession(save, save.draft, save.token)
  } catch (error) {
    concludeFailure(state, save?.recorded ?? [], error)
    throw error
  }
}

/** Removes the ended records one by one: if the store fails half-way, the others stay marked for removal. */
async function removeEnded({ settings, state, access }: Save): Promise<void> {
  for (const { key, handle } of state.removals) {
    await access.delete(key)
    state.removals = state.removals.filter((record) => record.key !== key)
    settings.emit({ type: 'ended', handle })
  }
}

/** Stores a new session, unless it has neither data nor a user, or its cookie can no longer be sent. */
async function createSession(save: Save, draft: Draft, newToken: string): Promise<boolean> {
  const { settings, state, access } = save
  const { exchange } = state
  if (draft.values.size === 0 && draft.userId === undefined) {
    // The operations that were taken had no effect: the next use opens a draft without them.
    state.journal.invalidateDraft()
    return true
  }
  if (exchange.head === 'sent' || (exchange.hasOutdatedToken && !draft.hasLoggedIn)) {
    const reason = exchange.hasOutdatedToken ? 'replaced' : 'late'
    settings.emit({ type: 'dropped', reason, handle: state.handle })
    return false
  }
  const { record, token } = await createRecord(settings, state, draft, newToken, access)
  if (adoptRecord(save, record, token)) exchange.mustSendToken = true
  return true
}

/** Commits changes to a stored session, after the commits of the same key that this process began earlier. */
async function commitChanges(save: Save, original: SessionRecord): Promise<boolean> {
  const outcome = await save.queue.run(original.key, async (previous, failure) => {
    // A store that has just timed out for the commit before this one would do the same again.
    if (failure instanceof SessionStoreError) throw failure
    save.access.restart()
    return commitRecord(save, original, previous)
  })
  if ('record' in outcome) {
    const isAdopted = adoptRecord(save, outcome.record, save.token)
    if (isAdopted && outcome.isRotated) save.state.exchange.mustSendToken = true
    return true
  }
  save.settings.emit({ type: 'dropped', reason: outcome.lost, handle: original.handle })
  return createOwnSession(save)
}

/**
 * A login whose session was lost starts a session of its own, without the old data. Anything else is
 * dropped, and no cookie is sent: it could undo the login or logout that came first. The state keeps
 * its outdated record, so that what the request does later is dropped as well.
 */
async function createOwnSession(save: Save): Promise<boolean> {
  const { state, operations, generation } = save
  const login = operations.findIndex((operation) => operation.isLogin)
  state.exchange.mustSendToken = false
  if (login === -1 || state.generation !== generation) return false
  state.startAnew()
  return createSession(
    save,
    state.journal.replay(operations.slice(login), undefined),
    state.credentials.current,
  )
}
