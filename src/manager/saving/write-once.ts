// One write to the store whose answer may be lost: it may or may not have been applied, and sending it again blindly
// could apply it twice. Each commit carries a random id that stays on the record, so reading the record tells:
// applied, not applied, or overtaken by another commit. Only the last 16 ids are kept; when more commits have come
// since, the caller gets `outcome-unknown`. After a lost answer to a create a new key is used: an orphaned row,
// which nobody can open and which expires, costs less than guessing what happened.

import { writeDocument } from '../../codec/value-codec.ts'
import { SessionConflictError, SessionStoreError } from '../../contract/errors.ts'
import {
  changeRecord,
  expectationOf,
  isExpected,
  ownRecord,
  recordFormat,
  rememberedCommits,
} from '../../contract/record.ts'
import type { RecordChange, SessionRecord } from '../../contract/store.ts'
import { hashOwner, hashToken } from '../../id/hash.ts'
import { generateCommitId, generateToken } from '../../id/token.ts'
import type { Draft, Rotation } from '../../session/draft.ts'
import { limitLife, startLife } from '../../session/lifetime.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { Changes } from './changes.ts'
import type { StoreAccess } from './store-access.ts'

/** How often the same commit is sent while its answers are lost. */
const maxSendAttempts = 8

/** Whether the record carries the commit: then as it was written, and in any case as it is now, if it is there. */
export type Attempt =
  | { readonly isApplied: true; readonly written: SessionRecord; readonly current: SessionRecord }
  | { readonly isApplied: false; readonly current: SessionRecord | undefined }

/**
 * Sends one commit, and finds out whether it was applied even when the answer is lost. While the record
 * is unchanged, the same commit is sent again. Once another commit has been applied this one never can
 * be, because the version it expects is gone.
 *
 * @throws {@link SessionStoreError} when neither the commit nor the read after it is answered.
 * @throws {@link SessionConflictError} `outcome-unknown`.
 */
export async function writeOnce(
  { store, clock }: ManagerSettings,
  base: SessionRecord,
  change: RecordChange,
  isLogin: boolean,
  access: StoreAccess,
): Promise<Attempt> {
  const limit = isLogin ? access.sessionLimit : undefined
  const commitId = change.commitIds[0] as string
  const expected = expectationOf(base)
  for (let attempt = 1; ; attempt += 1) {
    const answer = await access.write('commit', () =>
      store.commit(base.key, expected, change, clock.now(), limit),
    )
    if (answer === true) {
      const written = changeRecord(base, change)
      return { isApplied: true, written, current: written }
    }
    // Before the read and not after it, so that the record that is read is fresh for the next commit.
    if (answer === false) await access.backOff()
    const current = await access.readBack(base.key, answer)
    if (current?.commitIds.includes(commitId))
      return { isApplied: true, written: changeRecord(base, change), current }
    if (answer === false || !current) return { isApplied: false, current }
    const isUnchanged = isExpected(current, expected)
    if (!isUnchanged) {
      if (current.version - base.version <= rememberedCommits) return { isApplied: false, current }
      throw new SessionConflictError(
        'outcome-unknown',
        'whether the session was saved cannot be determined',
        { cause: answer },
      )
    }
    if (attempt === maxSendAttempts) throw answer
  }
}

/**
 * The change that turns what is stored into `draft`, which the token of `changes` opens if the draft is rotated. Only a
 * login restarts the lifetime: if every change did, a session could live forever. Limits that were shortened since are
 * written by the way.
 */
export function createChange(
  settings: ManagerSettings,
  stored: SessionRecord,
  draft: Draft,
  data: string,
  { token, state }: Changes,
): RecordChange {
  const base = ownRecord(stored)
  const now = settings.clock.now()
  const life = draft.hasLoggedIn ? startLife(settings.lifetimes, now) : limitLife(base, settings.lifetimes)
  return {
    ...(draft.rotation ? rotate(settings, base, draft.rotation, token) : verifiersOf(base)),
    version: base.version + 1,
    commitIds: Object.freeze([generateCommitId(), ...base.commitIds].slice(0, rememberedCommits)),
    data,
    authenticatedAt: draft.hasLoggedIn ? now : base.authenticatedAt,
    lastSeenAt: draft.hasLoggedIn ? now : state.exchange.usedAt,
    idleTimeout: life.idleTimeout,
    lifetimes: draft.hasLoggedIn ? undefined : base.lifetimes,
    endsAt: life.endsAt,
    userId: draft.userId,
    owner: ownerOf(settings.realm, draft, base),
    details: draft.details,
  }
}

type Verifiers = Pick<RecordChange, 'verifierHash' | 'previousVerifierHash' | 'graceUntil' | 'rotatedAt'>

/** A change lists everything it keeps: a property it lacks is removed from the record. */
function verifiersOf({
  verifierHash,
  previousVerifierHash,
  graceUntil,
  rotatedAt,
}: SessionRecord): Verifiers {
  return { verifierHash, previousVerifierHash, graceUntil, rotatedAt }
}

/** A hard rotation erases the previous verifier: nothing that was loaded by it may still write. */
function rotate(
  { realm, clock }: ManagerSettings,
  base: SessionRecord,
  rotation: Rotation,
  token: string,
): Verifiers {
  return {
    verifierHash: hashToken(realm, token).verifierHash,
    previousVerifierHash: rotation === 'soft' ? base.verifierHash : undefined,
    // An own property: a polluted prototype must give the old token no grace.
    graceUntil: undefined,
    rotatedAt: clock.now(),
  }
}

/** Hashed only when the user has changed. */
function ownerOf(realm: string, { userId }: Draft, base: SessionRecord): string | undefined {
  if (userId === base.userId) return base.owner
  return userId === undefined ? undefined : hashOwner(realm, userId)
}

/** A key collision has a probability of 2^-128, and a lost answer is rare: a third failure means a broken store. */
const maxCreateAttempts = 3

/**
 * Stores a session for the first time, under `newToken` unless its key is taken. Resolves to the record
 * and the token that opens it.
 *
 * @throws {@link SessionStoreError} when the store has failed, or refused a new key, three times.
 */
export async function createRecord(
  settings: ManagerSettings,
  state: SessionState,
  draft: Draft,
  newToken: string,
  access: StoreAccess,
): Promise<{ record: SessionRecord; token: string }> {
  const { store, clock, emit } = settings
  let token = newToken
  let failure: Error | undefined
  for (let attempt = 1; attempt <= maxCreateAttempts; attempt += 1) {
    const record = createFirstRecord(settings, state, draft, token)
    const limit = record.owner === undefined ? undefined : access.sessionLimit
    const answer = await access.write('create', () => store.create(record, clock.now(), limit))
    if (answer === true || (await isStored(record, answer, access))) {
      emit({ type: 'created', handle: record.handle })
      if (draft.hasLoggedIn) emit({ type: 'login', handle: record.handle })
      return { record, token }
    }
    if (answer instanceof Error) failure = answer
    token = generateToken()
  }
  throw failure ?? new SessionStoreError('create', `the store refused ${maxCreateAttempts} new keys as taken`)
}

/**
 * Whether the row that an unconfirmed create left is ours: it carries our commit id. If it is absent,
 * the key must not be used again: a create that arrives late would bring back a session that may have
 * been ended since.
 */
async function isStored(
  { key, commitIds }: SessionRecord,
  answer: boolean | Error,
  access: StoreAccess,
): Promise<boolean> {
  const stored = await access.readBack(key, answer)
  return stored?.commitIds.includes(commitIds[0] as string) ?? false
}

/** The whole first record, version 1. `authenticatedAt` is set only after a login. */
function createFirstRecord(
  settings: ManagerSettings,
  state: SessionState,
  draft: Draft,
  token: string,
): SessionRecord {
  const now = settings.clock.now()
  return Object.freeze({
    ...hashToken(settings.realm, token),
    previousVerifierHash: undefined,
    graceUntil: undefined,
    rotatedAt: undefined,
    lifetimes: undefined,
    handle: state.handle,
    format: recordFormat,
    version: 1,
    commitIds: Object.freeze([generateCommitId()]),
    data: writeDocument(draft.values),
    createdAt: now,
    ...startLife(settings.lifetimes, now),
    // Own properties even when undefined: a polluted prototype must not give a user to whoever has none.
    authenticatedAt: draft.hasLoggedIn ? now : undefined,
    userId: draft.userId,
    owner: draft.userId === undefined ? undefined : hashOwner(settings.realm, draft.userId),
    details: draft.details,
  })
}
