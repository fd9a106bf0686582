// A draft holds values and identity; a change for the store also needs a version, a commit id,
// verifiers and lifetimes. Only a login restarts the lifetime: if every change did, a session could
// live forever. Limits that were shortened since are written by the way.

import { hashOwner } from '../../id/hash.ts'
import { hashToken } from '../../id/token-hash-cache.ts'
import { generateCommitId } from '../../id/token.ts'
import { ownRecord, rememberedCommits } from '../../record.ts'
import type { Draft } from '../../session/draft.ts'
import { limitLife, startLife } from '../../session/lifetime.ts'
import type { Rotation } from '../../session/operations.ts'
import type { RecordChange, SessionRecord } from '../../store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { Save } from './save.ts'

/** The change that turns what is stored into `draft`, which the save's token opens if the draft is rotated. */
export function createChange(
  settings: ManagerSettings,
  stored: SessionRecord,
  draft: Draft,
  data: string,
  { token, state }: Save,
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
