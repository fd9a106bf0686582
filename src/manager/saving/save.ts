// One save from beginning to end: remove what was ended, then create the session or write its changes, then tell
// the state. Removal comes first because a logout must take effect, whereas a change may still be dropped.
// Next: save-line.ts, then replay-until-written.ts for conflicts.

import { SessionConflictError, SessionStoreError } from '../../contract/errors.ts'
import { ownRecord } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'
import type { Draft } from '../../session/draft.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import { takeChanges } from './changes.ts'
import type { Changes, SaveRequest, StoredChanges } from './changes.ts'
import { wasReplacedSoftly } from './replay-until-written.ts'
import type { SaveLine } from './save-line.ts'
import { createRecord } from './write-once.ts'

/**
 * Removes the records that `logout` or `destroy` ended, then saves the recorded operations. Resolves to
 * `false` when they were dropped, because the session has ended or its token was replaced, and that is no error.
 *
 * @throws {@link SessionConflictError} `gone` or `replaced` when changes were dropped and `onDropped` is `'error'`.
 */
export async function save(line: SaveLine, request: SaveRequest): Promise<boolean> {
  const { settings, state, transaction } = request
  // A transaction requested before a logout must not run on the session that follows it, nor one requested after a
  // login on the session that stays another user's.
  const isOvertaken = request.requestedGeneration !== state.generation || state.standing.shown !== undefined
  if (transaction && isOvertaken) return false
  if (transaction) state.standing.assertSaved()
  let changes: Changes | undefined
  let replaced: readonly string[] = []
  try {
    changes = takeChanges(request)
    replaced = announceEnd(changes)
    await removeEnded(changes)
    state.journal.revived.assertNoEdits(settings.codec)
    // The response will be an error: a token replaced now would lock its user out.
    if (state.standing.is('lost') || state.generation !== changes.generation) {
      forgetKeys(settings, replaced)
      return false
    }
    const { draft, token } = changes
    return isStored(changes) ? await writeChanges(line, changes) : await createSession(changes, draft, token)
  } catch (error) {
    forgetKeys(settings, replaced)
    concludeFailure(state, changes?.recorded ?? [], error)
    throw error
  }
}

function isStored(changes: Changes): changes is StoredChanges {
  return changes.original !== undefined
}

/**
 * Remembers the sessions that this save ends and replaces by one of its own. Before they are deleted: a sibling that
 * finds nothing must not begin a session, whose cookie would take the place of ours.
 */
function announceEnd(changes: Changes): readonly string[] {
  const { settings, state, draft } = changes
  if (isStored(changes) || isEmpty(draft) || state.exchange.head === 'sent') return []
  const keys = state.removals.map(({ key }) => key)
  for (const key of keys) settings.endedKeys.add(key)
  return keys
}

function forgetKeys({ endedKeys }: ManagerSettings, keys: readonly string[]): void {
  for (const key of keys) endedKeys.delete(key)
}

/**
 * Removes the ended records one by one: if the store fails half-way, the others stay marked for removal. Each must
 * still be whose it was: a login that came in between is not undone, and a session that others ended is not ours to
 * report.
 */
async function removeEnded({ settings, state, access }: Changes): Promise<void> {
  for (const { key, handle, owner } of state.removals) {
    const isRemoved = await access.delete(key, owner)
    state.removals = state.removals.filter((record) => record.key !== key)
    if (!isRemoved) continue
    state.exchange.hasEnded = true
    state.exchange.endedKey = key
    settings.emit({ type: 'ended', handle })
  }
}

/** Stores a new session, unless it has neither data nor a user, or its cookie can no longer be sent. */
async function createSession(changes: Changes, draft: Draft, newToken: string): Promise<boolean> {
  const { settings, state, access, operations } = changes
  const { exchange } = state
  if (isEmpty(draft)) {
    // The operations that were taken had no effect: the next use opens a draft without them.
    state.journal.invalidateDraft()
    return true
  }
  if (exchange.head === 'sent') {
    const reason = exchange.isGone ? 'undeliverable' : 'late'
    settings.emit({ type: 'dropped', reason, handle: state.handle, count: operations.length })
    return false
  }
  const { record, token } = await createRecord(settings, state, draft, newToken, access)
  if (adoptRecord(changes, record, token)) exchange.mustSendToken = true
  if (exchange.endedKey !== undefined) settings.endedKeys.add(exchange.endedKey)
  return true
}

function isEmpty({ values, userId }: Draft): boolean {
  return values.size === 0 && userId === undefined
}

/** Writes changes to a stored session, after the saves of the same session that this process began earlier. */
async function writeChanges(line: SaveLine, changes: StoredChanges): Promise<boolean> {
  if (changes.operations.length === 0) return true
  const { settings, original } = changes
  // The store must know of this request's use first where the session would be over without it.
  if (settings.clock.now() + settings.timeout >= original.idleExpiresAt) await changes.state.activity.touching
  const outcome = await line.write(changes)
  // Not by `in`, which sees what a polluted prototype lends.
  if (outcome.lost === undefined) {
    const { record, isRotated } = outcome
    // A rotation that a sibling's took the place of has stored no token of ours.
    const isAdopted = adoptRecord(changes, record, isRotated ? changes.token : changes.presented)
    if (isAdopted && isRotated) changes.state.exchange.mustSendToken = true
    return true
  }
  const { lost, current } = outcome
  const { state, operations } = changes
  state.exchange.mustSendToken = false
  const hasLogin = operations.some(({ isLogin }) => isLogin)
  if (!hasLogin || state.generation !== changes.generation) return reportDropped(changes, lost)
  return createOwnSession(changes, current)
}

/**
 * A login whose session was lost starts a session of its own: with that session's data where it is now the same
 * user's, so that a double click keeps the cart, and otherwise with none.
 */
async function createOwnSession(
  changes: StoredChanges,
  current: SessionRecord | undefined,
): Promise<boolean> {
  const { settings, state, operations, original, draft } = changes
  const isInherited =
    current !== undefined &&
    (ownRecord(current).userId === draft.userId ||
      wasReplacedSoftly(current, original.verifierHash, settings.clock.now()))
  const login = operations.findIndex((operation) => operation.isLogin)
  // What came before the login was done to another user's session, whose data must not follow (CVE-2023-29020).
  const { userId } = ownRecord(original)
  const isStranger = userId !== undefined && userId !== draft.userId
  const kept = isStranger ? operations.slice(login) : operations
  state.startAnew(isInherited ? current : undefined)
  return createSession(changes, state.journal.replay(kept, state.inherited), state.credentials.current)
}

/**
 * Tells that the changes of a save were dropped, and resolves to `false`. What only removed something that was shown
 * claims nothing that is not there.
 *
 * @throws {@link SessionConflictError} with the reason, unless `onDropped` is `'event'`.
 */
async function reportDropped(
  { settings, operations, original, transaction }: StoredChanges,
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
 * Continues the request on the record that was saved, and returns whether it does. When the session
 * was ended while the save ran, the record is marked for removal instead.
 */
function adoptRecord(
  { state, generation }: Changes,
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
 * Decides what a failed save means for the rest of the request. After a store error the changes may or
 * may not have been applied, so the session can no longer be used. A conflict has dropped the changes.
 * Any other exception, such as one thrown by a function passed to `update` or `transaction`, has
 * changed nothing: `recorded` goes back into the journal.
 */
function concludeFailure(state: SessionState, recorded: readonly Operation[], error: unknown): void {
  const isStoreError = error instanceof SessionStoreError
  if (!isStoreError && !(error instanceof SessionConflictError)) {
    state.journal.putBack(recorded)
    return
  }
  state.rebase(state.record, state.credentials.presented)
  if (isStoreError || error.reason === 'outcome-unknown') state.standing.loseChanges(error)
}
