import { SessionStoreError } from '../../errors.ts'
import type { Draft } from '../../session/draft.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionRecord } from '../../store.ts'
import { commitRecord } from './commit-record.ts'
import { createRecord } from './create-record.ts'
import type { Save } from './save.ts'

/**
 * Brings the operations of a save into the store: as a commit on the record they were recorded on, or as a new
 * record. Resolves to whether the session still stood.
 */
export function storeChanges(save: Save): Promise<boolean> {
  const { original } = save
  return original ? change(save, original) : create(save, save.draft, save.token)
}

/** A session without data and without a user leaves no row. */
async function create(
  { settings, state, deadline, endings }: Save,
  draft: Draft,
  newToken: string,
): Promise<boolean> {
  if (draft.fragments.size === 0 && draft.userId === undefined) {
    state.reopen()
    return true
  }
  if (state.exchange.isHeadSent || (state.exchange.isOutdated && !draft.hasLoggedIn)) {
    const reason = state.exchange.isOutdated ? 'replaced' : 'late'
    settings.emit({ type: 'dropped', reason, handle: state.handle() })
    return false
  }
  const { record, token } = await createRecord(settings, state, draft, newToken, deadline)
  conclude(state, endings, record, token, true)
  return true
}

async function change(save: Save, original: SessionRecord): Promise<boolean> {
  const outcome = await save.queue.run(original.key, async (previous, failure) => {
    // A store that has just kept the one before us waiting in vain would keep us waiting as well.
    if (failure instanceof SessionStoreError) throw failure
    save.deadline.begin()
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
    state.removals.add(record)
    return
  }
  state.rebase(record, token)
  if (isTokenNew) state.exchange.isTokenNew = true
}

/**
 * A login whose session was lost begins one of its own, without the old data. All else is
 * dropped, and no cookie is sent: it could undo the login or logout that came first. The state
 * keeps its outdated record, so that whatever the request still does is dropped as well.
 */
async function startOver(save: Save): Promise<boolean> {
  const { state, operations, endings } = save
  const login = operations.findIndex((operation) => operation.isLogin)
  state.exchange.isTokenNew = false
  if (login === -1 || state.endings !== endings) return false
  state.rebase(undefined, undefined)
  return create(save, state.replay(operations.slice(login), undefined), state.token.latest)
}
