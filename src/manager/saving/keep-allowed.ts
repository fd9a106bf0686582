// What a request may still do with a session that has changed since it was loaded. Changes of data follow a session
// to its new token as long as that was not replaced for fear of a thief; operations on identity are never replayed.

import { acceptsToken } from '../../id/accepts-token.ts'
import { isSameHash } from '../../id/hash.ts'
import { answerTime, ownRecord } from '../../contract/record.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionRecord } from '../../contract/store.ts'
import type { StoredSave } from './save.ts'

/**
 * The operations of a save that may be replayed on what is stored; `undefined` when none may, because the token was replaced
 * or another user has signed in.
 */
export function keepAllowed(save: StoredSave, stored: SessionRecord): readonly Operation[] | undefined {
  const { settings, operations, presented } = save
  const isRotating = operations.some(({ rotates }) => rotates !== undefined)
  if (stored === save.original && !isRotating) return operations
  const [base, original] = [ownRecord(stored), ownRecord(save.original)]
  const isSameUser = base.userId === original.userId
  const now = settings.clock.now()
  const hashes = presented === undefined ? undefined : settings.tokenHashes.find(presented)
  // Who was a sibling of a soft rotation goes on with a record that its own token does not open: it may write there,
  // but the token is the sibling's to replace, whose answer may still be on its way.
  const isOwn = hashes !== undefined && acceptsToken(base, hashes, now)
  const isOpen = isOwn || (base.verifierHash === original.verifierHash && !isRotating)
  if (isOpen) return isSameUser || !operations.some(({ isLogin }) => isLogin) ? operations : undefined
  const isKept =
    base.verifierHash === original.verifierHash || wasReplacedSoftly(base, original.verifierHash, now)
  if (!isSameUser || !isKept) return undefined
  // The sibling's new token serves the purpose of a `regenerateId` just as well, and only one can reach the browser.
  const kept = operations.filter(({ rotates, isLogin }) => rotates !== 'soft' || isLogin)
  return kept.some(({ rotates }) => rotates === 'hard') ? undefined : kept
}

/** Whether the last rotation, less than a minute ago, replaced this verifier and was not made for fear of a thief. */
export function wasReplacedSoftly(record: SessionRecord, verifierHash: string, now: number): boolean {
  const { previousVerifierHash, rotatedAt = 0 } = ownRecord(record)
  return now - rotatedAt < answerTime && isSameHash(verifierHash, previousVerifierHash)
}
