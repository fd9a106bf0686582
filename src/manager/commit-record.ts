import { readDocument, writeDocument } from '../codec/document.ts'
import { SessionConflictError } from '../errors.ts'
import { hashSecret } from '../id/hash.ts'
import { generateCommitId, verifierOf } from '../id/token.ts'
import type { Draft } from '../session/draft.ts'
import { startLife } from '../session/lifetime.ts'
import type { Operation } from '../session/operations.ts'
import type { SessionState } from '../session/session-state.ts'
import type { RecordChange, SessionRecord } from '../store.ts'
import type { Budget } from './budget.ts'
import { opens } from './load.ts'
import type { ManagerSettings } from './resolve-options.ts'
import { rememberedCommits, sendCommit } from './send-commit.ts'

const attempts = 8

/** One save of a session that is stored already. */
export interface Save {
  readonly state: SessionState
  readonly operations: readonly Operation[]
  /** The record that the operations were recorded on. */
  readonly original: SessionRecord
  /** The token that opened `original`. */
  readonly presented: string
  /** The token the operations lead to. */
  readonly token: string
  /** Even if nothing changes, the operations must have run on the newest record. */
  readonly mustBeFresh: boolean
}

/** How a save ended: on a record, or because there is none of ours to save on any more. */
export type SaveOutcome = { readonly record: SessionRecord } | { readonly lost: 'gone' | 'replaced' }

/**
 * Replays the operations on the newest record and writes it if, and only if, it is still the
 * version that was read; otherwise reads again and starts over.
 */
export async function commitRecord(
  settings: ManagerSettings,
  save: Save,
  previous: SaveOutcome | undefined,
  budget: Budget,
): Promise<SaveOutcome> {
  const { state, original } = save
  let base = newerRecord(original, previous)
  let isFresh = false
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (base !== original && isReplaced(settings, save, base)) return { lost: 'replaced' }
    const draft = state.replay(save.operations, base)
    const data = writeDocument(draft.fragments)
    if (isUnchanged(draft, data, base)) {
      if (isFresh || !save.mustBeFresh) return { record: base }
      const newest = await budget.readUncached(base.key)
      if (!newest) return { lost: 'gone' }
      if (newest.version === base.version) return { record: base }
      base = newest
      isFresh = true
      continue
    }
    reportOverwritten(settings, save, base, draft)
    const change = describeChange(settings, draft, data, base, save.token)
    const { isApplied, current } = await sendCommit(settings, base, change, budget)
    if (!current) return { lost: 'gone' }
    if (isApplied) return finish(settings, save, draft, current, attempt)
    base = current
    isFresh = true
    if (attempt > 1) await budget.pause(attempt)
  }
  throw new SessionConflictError('busy', `the session changed under each of ${attempts} attempts to save it`)
}

/** What the save just before this one, in this process, has left: it spares an attempt that must fail. */
function newerRecord(original: SessionRecord, previous: SaveOutcome | undefined): SessionRecord {
  return previous && 'record' in previous && previous.record.version > original.version
    ? previous.record
    : original
}

/**
 * An operation on identity is never replayed on another identity, and a request whose token was
 * replaced has no say any more.
 */
function isReplaced(
  settings: ManagerSettings,
  { operations, original, presented }: Save,
  base: SessionRecord,
): boolean {
  if (base.verifierHash !== original.verifierHash && !opens(presented, base, settings.clock.now()))
    return true
  return base.userId !== original.userId && operations.some((operation) => operation.isLogin)
}

function isUnchanged(draft: Draft, data: string, base: SessionRecord): boolean {
  return (
    !draft.isRotated && data === base.data && draft.userId === base.userId && draft.details === base.details
  )
}

/** Two plain `set`s of one name: the later wins, and says so; under `strict` it does not even win. */
function reportOverwritten(
  settings: ManagerSettings,
  { operations, original }: Save,
  base: SessionRecord,
  draft: Draft,
): void {
  if (base === original) return
  const before = readDocument(original)
  const now = readDocument(base)
  for (const { replaces: name } of operations) {
    if (name === undefined) continue
    const found = now.get(name)?.text
    if (found === before.get(name)?.text || found === draft.fragments.get(name)?.text) continue
    if (settings.strict)
      throw new SessionConflictError('overwritten', `another request has set '${name}' meanwhile`)
    settings.emit({ type: 'overwritten', handle: base.handle, name })
  }
}

function describeChange(
  settings: ManagerSettings,
  draft: Draft,
  data: string,
  base: SessionRecord,
  token: string,
): RecordChange {
  const now = settings.clock.now()
  const { lastSeenAt, idleTimeout, endsAt } = draft.hasLoggedIn
    ? startLife(settings.lifetimes, now)
    : { ...base, lastSeenAt: now }
  return {
    ...(draft.isRotated ? { verifierHash: hashSecret(verifierOf(token)) } : keptVerifiers(base)),
    version: base.version + 1,
    commitIds: Object.freeze([generateCommitId(), ...base.commitIds].slice(0, rememberedCommits)),
    data,
    authenticatedAt: draft.hasLoggedIn ? now : base.authenticatedAt,
    lastSeenAt,
    idleTimeout,
    endsAt,
    userId: draft.userId,
    details: draft.details,
  }
}

function keptVerifiers({ verifierHash, previousVerifierHash, graceUntil }: SessionRecord) {
  return { verifierHash, previousVerifierHash, graceUntil }
}

function finish(
  settings: ManagerSettings,
  save: Save,
  draft: Draft,
  record: SessionRecord,
  attempt: number,
): SaveOutcome {
  const { handle } = record
  if (attempt > 1) settings.emit({ type: 'replayed', handle, attempts: attempt })
  if (draft.hasLoggedIn) settings.emit({ type: 'login', handle })
  else if (draft.isRotated) settings.emit({ type: 'rotated', handle })
  if (draft.isRotated) save.state.isTokenNew = true
  return { record }
}
