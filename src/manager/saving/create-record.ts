// The first write of a session, which until now existed in the memory of one request. The row gets
// the token that the handler may already have read. After a lost answer a new key is used: an
// orphaned row, which nobody can open and which expires, costs less than guessing what happened.

import { writeDocument } from '../../codec/document.ts'
import { SessionStoreError } from '../../contract/errors.ts'
import { hashOwner } from '../../id/hash.ts'
import { hashToken } from '../../id/token-hash-cache.ts'
import { generateCommitId, generateToken } from '../../id/token.ts'
import { recordFormat } from '../../contract/record.ts'
import type { Draft } from '../../session/draft.ts'
import { startLife } from '../../session/lifetime.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionRecord } from '../../contract/store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { StoreAccess } from './store-access.ts'

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
