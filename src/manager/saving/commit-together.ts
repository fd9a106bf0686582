// No lost writes. A request records operations, not a result. When another request commits first,
// the operations are replayed on its record, so that both changes survive. They are dropped if the
// record is gone (a logout), if this request's token no longer opens it (a login), or if a login
// would be replayed on another user's session. docs/architecture.md shows one conflict step by step.
// Saves that wait for the same session are replayed one after the other and committed as one.

import type { UncachedRead } from '../../contract/capabilities.ts'
import { readDocument, writeDocument } from '../../codec/document.ts'
import type { EncodedValues } from '../../codec/document.ts'
import { SessionConflictError } from '../../contract/errors.ts'
import { quote } from '../../quote.ts'
import { changeRecord, ownRecord, rememberedCommits } from '../../contract/record.ts'
import type { Draft } from '../../session/draft.ts'
import type { RecordChange, SessionRecord } from '../../contract/store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import { keepAllowed } from './keep-allowed.ts'
import type { Save, StoredSave } from './save.ts'
import type { Waiting } from './save-line.ts'
import { sendCommit } from './send-commit.ts'
import { StoreAccess } from './store-access.ts'
import { hashOwner } from '../../id/hash.ts'
import { hashToken } from '../../id/token-hash-cache.ts'
import { generateCommitId } from '../../id/token.ts'
import { limitLife, startLife } from '../../session/lifetime.ts'
import type { Rotation } from '../../session/operations.ts'
import { hasCapability } from '../call-store.ts'

// The line leaves only conflicts between processes, and each of those backs off. A process that has won
// once commits again without a read, so over a slow network another one can lose many times in a row;
// docs/decisions/0008 has the figures. The option `timeout` ends the attempts as well.
const maxCommitAttempts = 32

/** Saves replayed on one record. */
interface Replay {
  /** The record's values with the changes of all of them. */
  readonly draft: Draft
  /** Those whose changes are part of it. */
  readonly included: readonly Waiting[]
  /** The names that both one of them and another request have set, to different values. */
  readonly overwritten: readonly string[]
}

/**
 * Replays the operations on the newest record and writes it if, and only if, it is still the version
 * that was read; otherwise reads again and starts over. Settles each save with its own outcome.
 *
 * @param previous - What the commit of the same session just before this one, in this process, has left.
 * @returns the record as it is now; `undefined` when it is gone.
 * @throws {@link SessionConflictError} `busy` after 32 attempts, and what the store fails with. Whoever was not
 * settled yet fails with it.
 */
export async function commitTogether(
  settings: ManagerSettings,
  batch: readonly Waiting[],
  previous: SessionRecord | undefined,
): Promise<SessionRecord | undefined> {
  const access = new StoreAccess(settings)
  let waiting = batch
  let base: SessionRecord | undefined = chooseBase(batch, previous)
  // A transaction must have run on the newest record even if it changes nothing. And what changes nothing in a
  // record from a cache may well change the newest one.
  let isFresh =
    !batch.some(({ save }) => save.transaction) &&
    !hasCapability<UncachedRead>(settings.store, 'readUncached')
  let attempts = 0
  while (base && attempts < maxCommitAttempts) {
    const replay = replayAll(settings, waiting, base)
    waiting = replay.included
    const [first] = waiting
    if (!first) return base
    const data = writeDocument(replay.draft.values)
    let current: SessionRecord | undefined
    if (isUnchanged(replay.draft, data, base)) {
      if (isFresh) return settleAll(waiting, base, false)
      current = await access.readUncached(base.key)
    } else {
      attempts += 1
      const change = createChange(settings, base, replay.draft, data, first.save)
      const outcome = await sendCommit(settings, base, change, replay.draft.hasLoggedIn, access)
      current = outcome.current
      if (outcome.isApplied) {
        reportConflicts(settings, base.handle, attempts, replay.overwritten)
        return concludeCommit(settings, waiting, replay.draft, changeRecord(base, change), outcome.current)
      }
    }
    base = current
    isFresh = true
  }
  if (base) throw createBusyError()
  for (const { settle } of waiting) settle({ lost: 'gone', current: undefined })
  return undefined
}

function createBusyError(): SessionConflictError {
  return new SessionConflictError(
    'busy',
    `the session changed in each of ${maxCommitAttempts} attempts to save it`,
  )
}

/** The newest record that is known: committing on an older one would only conflict. */
function chooseBase(batch: readonly Waiting[], previous: SessionRecord | undefined): SessionRecord {
  const originals = batch.map(({ save }) => save.original)
  const known = previous === undefined ? originals : [previous, ...originals]
  return known.reduce((newest, each) => (each.version > newest.version ? each : newest))
}

/** Replays one save after the other. One that fails, or is no longer allowed, is settled and left out. */
function replayAll(settings: ManagerSettings, batch: readonly Waiting[], base: SessionRecord): Replay {
  const included: Waiting[] = []
  const overwritten = new Set<string>()
  let draft: Draft | undefined
  for (const waiting of batch) {
    const { save } = waiting
    const operations = keepAllowed(save, base)
    if (!operations) {
      waiting.settle({ lost: 'replaced', current: base })
      continue
    }
    try {
      if (batch.length === 1 && base === save.original && operations === save.operations) draft = save.draft
      else {
        const { journal } = save.state
        const next: Draft = draft?.fork() ?? journal.replay([], base)
        const before = next.values
        waiting.run(() => {
          for (const operation of operations) journal.apply(operation, next)
        })
        for (const name of findOverwritten(settings, save, before, next)) overwritten.add(name)
        draft = next
      }
      included.push(waiting)
    } catch (error) {
      waiting.fail(error)
    }
  }
  // Nobody is left to use it if there is none.
  return { draft: draft as Draft, included, overwritten: [...overwritten] }
}

/** User and details need no comparison: only a login changes them, and it always rotates. */
function isUnchanged(draft: Draft, data: string, base: SessionRecord): boolean {
  return draft.rotation === undefined && data === base.data
}

/**
 * The names that both this request and another one have set, to different values.
 *
 * @throws {@link SessionConflictError} `overwritten` under `strict`, if there is one.
 */
function findOverwritten(
  settings: ManagerSettings,
  { operations, original }: StoredSave,
  found: EncodedValues,
  draft: Draft,
): readonly string[] {
  const before = readDocument(original)
  if (before === found) return []
  const names = operations.flatMap(({ replaces: name }) => {
    const text = name === undefined ? undefined : found.get(name)?.text
    const isOurs = name === undefined || text === draft.values.get(name)?.text
    return isOurs || text === before.get(name)?.text ? [] : [name]
  })
  if (settings.strict && names[0] !== undefined) {
    throw new SessionConflictError('overwritten', `another request has set ${quote(names[0])} meanwhile`)
  }
  return names
}

function reportConflicts(
  { emit }: ManagerSettings,
  handle: string,
  attempts: number,
  overwritten: readonly string[],
): void {
  if (attempts > 1) emit({ type: 'replayed', handle, attempts })
  for (const name of overwritten) emit({ type: 'overwritten', handle, name })
}

function settleAll(waiting: readonly Waiting[], record: SessionRecord, isRotated: boolean): SessionRecord {
  for (const { settle } of waiting) settle({ lost: undefined, record, isRotated })
  return record
}

/**
 * Reports a commit that was applied as `sent`, and settles its saves. A commit whose answer was lost may have been
 * followed by another rotation: then our token must not be sent, nor the other request's data shown.
 */
function concludeCommit(
  { emit }: ManagerSettings,
  waiting: readonly Waiting[],
  draft: Draft,
  sent: SessionRecord,
  current: SessionRecord,
): SessionRecord {
  const { handle } = sent
  if (draft.hasLoggedIn) emit({ type: 'login', handle })
  else if (draft.rotation) emit({ type: 'rotated', handle })
  const isOurs = current.verifierHash === sent.verifierHash
  settleAll(waiting, isOurs ? current : sent, draft.rotation !== undefined && isOurs)
  return current
}

// A draft holds values and identity; a change for the store also needs a version, a commit id,
// verifiers and lifetimes. Only a login restarts the lifetime: if every change did, a session could
// live forever. Limits that were shortened since are written by the way.

/** The change that turns what is stored into `draft`, which the save's token opens if the draft is rotated. */
function createChange(
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
