// The first write of a session. Until now it existed in one request's memory only; with its row it
// gets the token that the handler may already have seen. A key is never used twice, so a lost
// answer costs the key: it is cheaper to leave a dead row behind than to guess.

import { writeDocument } from '../../codec/document.ts'
import { SessionStoreError } from '../../errors.ts'
import { hashToken } from '../../id/token-hash-cache.ts'
import { generateCommitId, generateToken } from '../../id/token.ts'
import type { Draft } from '../../session/draft.ts'
import { startLife } from '../../session/lifetime.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionRecord } from '../../store.ts'
import type { StoreAccess } from './store-access.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/** A key is taken once in 2^128, and an answer is lost now and then; a store that goes on so is broken. */
const attempts = 3

/**
 * Stores a session for the first time, under the token that the handler has seen, unless its key is
 * taken. Resolves to the record with the token that opens it.
 *
 * @throws {@link SessionStoreError} when the store fails or says three times that the key is taken.
 */
export async function createRecord(
  settings: ManagerSettings,
  state: SessionState,
  draft: Draft,
  newToken: string,
  access: StoreAccess,
): Promise<{ record: SessionRecord; token: string }> {
  let token = newToken
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const record = createFirstRecord(settings, state, draft, token)
    if (await isCreated(settings, record, access)) {
      settings.emit({ type: 'created', handle: record.handle })
      if (draft.hasLoggedIn) settings.emit({ type: 'login', handle: record.handle })
      return { record, token }
    }
    token = generateToken()
  }
  throw new SessionStoreError('create', 'no new session could be stored')
}

/**
 * Whether the record is there. When the answer was lost the key is not used again: a creation that
 * arrives late could otherwise bring back a session that has been ended meanwhile.
 */
async function isCreated(
  settings: ManagerSettings,
  record: SessionRecord,
  access: StoreAccess,
): Promise<boolean> {
  const { store, clock } = settings
  try {
    const answer: unknown = await access.call('create', () => store.create(record, clock.now()))
    if (answer === true) return true
  } catch (error) {
    const stored = await access.readUncached(record.key).catch(() => Promise.reject(error as Error))
    return carries(stored, record)
  }
  return carries(await access.readUncached(record.key), record)
}

/** Whether the row is ours: it carries our commit id. */
function carries(stored: SessionRecord | undefined, { commitIds }: SessionRecord): boolean {
  return stored?.commitIds.includes(commitIds[0] as string) ?? false
}

/** The whole first record, version 1. An `authenticatedAt` only for who has logged in. */
function createFirstRecord(
  settings: ManagerSettings,
  state: SessionState,
  draft: Draft,
  token: string,
): SessionRecord {
  const now = settings.clock.now()
  return Object.freeze({
    ...hashToken(token),
    handle: state.handle,
    format: 1,
    version: 1,
    commitIds: Object.freeze([generateCommitId()]),
    data: writeDocument(draft.values),
    createdAt: now,
    ...startLife(settings.lifetimes, now),
    // Own properties even when undefined: a polluted prototype must not give a user to whoever has none.
    authenticatedAt: draft.hasLoggedIn ? now : undefined,
    userId: draft.userId,
    details: draft.details,
  })
}
