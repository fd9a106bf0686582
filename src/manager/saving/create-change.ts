// A draft holds values and identity; a change for the store also needs a version, a commit id,
// verifiers and lifetimes. Only a login restarts the lifetime: if every change did, a session could
// live forever.

import { hashToken } from '../../id/token-hash-cache.ts'
import { generateCommitId } from '../../id/token.ts'
import { rememberedCommits } from '../../record.ts'
import type { Draft } from '../../session/draft.ts'
import { startLife } from '../../session/lifetime.ts'
import type { RecordChange, SessionRecord } from '../../store.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/** The change that turns `base` into `draft`, which `token` opens if the draft is rotated. */
export function createChange(
  settings: ManagerSettings,
  base: SessionRecord,
  draft: Draft,
  data: string,
  token: string,
): RecordChange {
  const now = settings.clock.now()
  const life = draft.hasLoggedIn ? startLife(settings.lifetimes, now) : base
  return {
    ...(draft.isRotated ? { verifierHash: hashToken(token).verifierHash } : verifiersOf(base)),
    version: base.version + 1,
    commitIds: Object.freeze([generateCommitId(), ...base.commitIds].slice(0, rememberedCommits)),
    data,
    authenticatedAt: draft.hasLoggedIn ? now : base.authenticatedAt,
    lastSeenAt: now,
    idleTimeout: life.idleTimeout,
    endsAt: life.endsAt,
    userId: draft.userId,
    details: draft.details,
  }
}

type Verifiers = Pick<RecordChange, 'verifierHash' | 'previousVerifierHash' | 'graceUntil'>

/** A change lists everything it keeps: a property it lacks is removed from the record. */
function verifiersOf({ verifierHash, previousVerifierHash, graceUntil }: SessionRecord): Verifiers {
  return { verifierHash, previousVerifierHash, graceUntil }
}
