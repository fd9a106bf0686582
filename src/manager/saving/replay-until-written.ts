// No lost writes. A request records operations, not a result. When another request saves first,
// the operations are replayed on its record, so that both changes survive. They are dropped if the
// record is gone (a logout), if this request's token no longer opens it (a login), or if a login
// would be replayed on another user's session. docs/architecture.md shows one conflict step by step.
// Changes that wait for the same session are replayed one after the other and written by one commit.
// Next: write-once.ts.

import { readDocument, writeDocument } from '../../codec/value-codec.ts'
import type { EncodedValues } from '../../codec/value-codec.ts'
import type { UncachedRead } from '../../contract/capabilities.ts'
import { SessionConflictError } from '../../contract/errors.ts'
import { answerTime, ownRecord } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'
import { acceptsToken, isSameHash } from '../../id/hash.ts'
import { quote } from '../../quote.ts'
import type { Draft } from '../../session/draft.ts'
import { isRotating } from '../../session/operations.ts'
import type { Operation } from '../../session/operations.ts'
import { hasCapability } from '../call-store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { SaveOutcome, StoredChanges } from './changes.ts'
import { StoreAccess } from './store-access.ts'
import { createChange, writeOnce } from './write-once.ts'

// The line leaves only conflicts between processes, and each of those backs off. A process that has won
// once writes again without a read, so over a slow network another one can lose many times in a row;
// docs/decisions/0008 has the figures. The option `timeout` ends the attempts as well.
const maxAttempts = 32

/** Changes in the line of their session, and what waits with them. */
export interface WaitingChanges {
  readonly changes: StoredChanges
  /**
   * Runs its functions in the asynchronous context of its own request, since whoever is first in line replays for
   * all: an `update` that asks an AsyncLocalStorage must not be told of another request.
   */
  readonly run: (replay: () => void) => void
  /** Ends the wait. Later calls do nothing. */
  settle(result: SaveOutcome): void
  /** Ends the wait with an error. Later calls do nothing. */
  fail(error: unknown): void
}

/** Changes replayed on one record. */
interface Replay {
  /** The record's values with the changes of all of them. */
  readonly draft: Draft
  /** Those whose changes are part of it. */
  readonly included: readonly WaitingChanges[]
  /** The names that both one of them and another request have set, to different values. */
  readonly overwritten: readonly string[]
}

/**
 * Replays the operations on the newest record and writes the result if, and only if, it is still the version
 * that was read; otherwise reads again and starts over. Settles each with its own outcome.
 *
 * @param previous - What the commit of the same session just before this one, in this process, has left.
 * @returns the record as it is now; `undefined` when it is gone.
 * @throws {@link SessionConflictError} `busy` after 32 attempts, and what the store fails with. Whoever was not
 * settled yet fails with it.
 */
export async function replayUntilWritten(
  settings: ManagerSettings,
  batch: readonly WaitingChanges[],
  previous: SessionRecord | undefined,
): Promise<SessionRecord | undefined> {
  const access = new StoreAccess(settings)
  let waiting = batch
  let base: SessionRecord | undefined = chooseBase(batch, previous)
  // A transaction must have run on the newest record even if it changes nothing. And what changes nothing in a
  // record from a cache may well change the newest one.
  let isFresh =
    !batch.some(({ changes }) => changes.transaction) &&
    !hasCapability<UncachedRead>(settings.store, 'readUncached')
  let attempts = 0
  while (base && attempts < maxAttempts) {
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
      const change = createChange(settings, base, replay.draft, data, first.changes)
      const attempt = await writeOnce(settings, base, change, replay.draft.hasLoggedIn, access)
      current = attempt.current
      if (attempt.isApplied) {
        reportConflicts(settings, base.handle, attempts, replay.overwritten)
        return concludeWrite(settings, waiting, replay.draft, attempt.written, attempt.current)
      }
    }
    base = current
    isFresh = true
  }
  if (base) throw createBusyError()
  for (const { settle } of waiting) settle({ lost: 'gone', current: undefined })
  return undefined
}

/** The newest record that is known: a commit that expects an older one would only conflict. */
function chooseBase(batch: readonly WaitingChanges[], previous: SessionRecord | undefined): SessionRecord {
  const originals = batch.map(({ changes }) => changes.original)
  const known = previous === undefined ? originals : [previous, ...originals]
  return known.reduce((newest, each) => (each.version > newest.version ? each : newest))
}

/** Replays the changes of one save after those of the other. Whoever fails, or is no longer allowed, is settled and left out. */
function replayAll(settings: ManagerSettings, batch: readonly WaitingChanges[], base: SessionRecord): Replay {
  const included: WaitingChanges[] = []
  const overwritten = new Set<string>()
  let draft: Draft | undefined
  for (const waiting of batch) {
    const { changes } = waiting
    const operations = keepAllowed(changes, base)
    if (!operations) {
      waiting.settle({ lost: 'replaced', current: base })
      continue
    }
    try {
      if (batch.length === 1 && base === changes.original && operations === changes.operations)
        draft = changes.draft
      else {
        const { journal } = changes.state
        const next: Draft = draft?.fork() ?? journal.replay([], base)
        const before = next.values
        waiting.run(() => {
          for (const operation of operations) journal.apply(operation, next)
        })
        for (const name of findOverwritten(settings, changes, before, next)) overwritten.add(name)
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

/**
 * What a request may still do with a session that has changed since it was loaded. Changes of data follow a session
 * to its new token as long as that was not replaced for fear of a thief; operations on identity are never replayed.
 *
 * @returns the operations that may be replayed on what is stored; `undefined` when none may, because the token was
 * replaced or another user has signed in.
 */
function keepAllowed(changes: StoredChanges, stored: SessionRecord): readonly Operation[] | undefined {
  const { settings, operations, presented } = changes
  const mustRotate = isRotating(operations)
  if (stored === changes.original && !mustRotate) return operations
  const [base, original] = [ownRecord(stored), ownRecord(changes.original)]
  const isSameUser = base.userId === original.userId
  const now = settings.clock.now()
  const hashes = presented === undefined ? undefined : settings.tokenHashes.find(presented)
  // Who was a sibling of a soft rotation goes on with a record that its own token does not open: it may write there,
  // but the token is the sibling's to replace, whose answer may still be on its way.
  const isOwn = hashes !== undefined && acceptsToken(base, hashes, now)
  const isOpen = isOwn || (base.verifierHash === original.verifierHash && !mustRotate)
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

/**
 * The names that both this request and another one have set, to different values.
 *
 * @throws {@link SessionConflictError} `overwritten` under `strict`, if there is one.
 */
function findOverwritten(
  settings: ManagerSettings,
  { operations, original }: StoredChanges,
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

/** User and details need no comparison: only a login changes them, and it always rotates. */
function isUnchanged(draft: Draft, data: string, base: SessionRecord): boolean {
  return draft.rotation === undefined && data === base.data
}

/**
 * Reports a commit that was applied as `written`, and settles whom it was for. A commit whose answer was lost may have been
 * followed by another rotation: then our token must not be sent, nor the other request's data shown.
 */
function concludeWrite(
  { emit }: ManagerSettings,
  waiting: readonly WaitingChanges[],
  draft: Draft,
  written: SessionRecord,
  current: SessionRecord,
): SessionRecord {
  const { handle } = written
  if (draft.hasLoggedIn) emit({ type: 'login', handle })
  else if (draft.rotation) emit({ type: 'rotated', handle })
  const isOurs = current.verifierHash === written.verifierHash
  settleAll(waiting, isOurs ? current : written, draft.rotation !== undefined && isOurs)
  return current
}

function settleAll(
  waiting: readonly WaitingChanges[],
  record: SessionRecord,
  isRotated: boolean,
): SessionRecord {
  for (const { settle } of waiting) settle({ lost: undefined, record, isRotated })
  return record
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

function createBusyError(): SessionConflictError {
  return new SessionConflictError('busy', `the session changed in each of ${maxAttempts} attempts to save it`)
}
