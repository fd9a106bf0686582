// A draft knows values and identity; a change for the store needs version, commit id, verifiers and
// ends as well. Only a login starts the life anew: with every change it would let a session live
// for ever.

import { hashToken } from '../../id/token-hash-cache.ts'
import { generateCommitId } from '../../id/token.ts'
import { rememberedCommits } from '../../record.ts'
import type { Draft } from '../../session/draft.ts'
import { startLife } from '../../session/lifetime.ts'
import type { RecordChange, SessionRecord } from '../../store.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/** The change that turns `base` into `draft`, with `token` as the one that opens it from then on. */
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

/** A commit names everything it keeps: what is absent in a change is absent afterwards. */
function verifiersOf({ verifierHash, previousVerifierHash, graceUntil }: SessionRecord): Verifiers {
  return { verifierHash, previousVerifierHash, graceUntil }
}
