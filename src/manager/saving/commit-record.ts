// No lost writes. A request records operations, not a result. When another request commits first,
// the operations are replayed on its record, so that both changes survive. They are dropped if the
// record is gone (a logout), if this request's token no longer opens it (a login), or if a login
// would be replayed on another user's session. docs/architecture.md shows one conflict step by step.

import type { UncachedRead } from '../../capabilities.ts'
import { readDocument, writeDocument } from '../../codec/document.ts'
import { SessionConflictError } from '../../errors.ts'
import { hashToken } from '../../id/token-hash-cache.ts'
import { changeRecord } from '../../record.ts'
import type { Draft } from '../../session/draft.ts'
import type { SessionRecord } from '../../store.ts'
import { hasCapability } from '../has-capability.ts'
import { acceptsToken } from '../load.ts'
import { createChange } from './create-change.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { CommitResult, Save } from './save.ts'
import { sendCommit } from './send-commit.ts'

// The queue leaves only conflicts between processes, and each of those backs off. A process that has won
// once commits again without a read, so over a slow network another one can lose many times in a row;
// docs/decisions/0008 has the figures. The option `timeout` ends the attempts as well.
const maxCommitAttempts = 32

/**
 * Replays the operations on the newest record and writes it if, and only if, it is still the version
 * that was read; otherwise reads again and starts over.
 *
 * @param original - The record that the request read and its handler has seen.
 * @param previous - The result of the commit of the same key just before this one, in this process.
 * @throws {@link SessionConflictError} `busy` after 32 attempts, `overwritten` under `strict`.
 */
export async function commitRecord(
  save: Save,
  original: SessionRecord,
  previous: CommitResult | undefined,
): Promise<CommitResult> {
  const { settings, state, access } = save
  let base = chooseBase(original, previous)
  // A transaction must have run on the newest record even if it changes nothing. And what changes nothing in a
  // record from a cache may well change the newest one.
  let isFresh = !save.transaction && !hasCapability<UncachedRead>(settings.store, 'readUncached')
  let attempts = 0
  while (attempts < maxCommitAttempts) {
    if (isReplaced(save, original, base)) return { lost: 'replaced' }
    const draft = base === original ? save.draft : state.journal.replay(save.operations, base)
    const data = writeDocument(draft.values)
    let current: SessionRecord | undefined
    if (isUnchanged(draft, data, base)) {
      if (isFresh) return { record: base, isRotated: false }
      current = await access.readUncached(base.key)
    } else {
      attempts += 1
      const overwritten = findOverwritten(save, original, base, draft)
      const change = createChange(settings, base, draft, data, save.token)
      const outcome = await sendCommit(settings, base, change, access)
      current = outcome.current
      if (outcome.isApplied) {
        reportConflicts(settings, base.handle, attempts, overwritten)
        return concludeCommit(settings, draft, changeRecord(base, change), outcome.current)
      }
    }
    if (!current) return { lost: 'gone' }
    base = current
    isFresh = true
  }
  throw new SessionConflictError(
    'busy',
    `the session changed in each of ${maxCommitAttempts} attempts to save it`,
  )
}

/** The record that the previous commit left, if newer: committing on `original` would only conflict. */
function chooseBase(original: SessionRecord, previous: CommitResult | undefined): SessionRecord {
  const isNewer = previous && 'record' in previous && previous.record.version > original.version
  return isNewer ? previous.record : original
}

/** Whether the request must no longer change the record, because its token was replaced or another user signed in. */
function isReplaced(
  { settings, operations, presented }: Save,
  original: SessionRecord,
  base: SessionRecord,
): boolean {
  if (base === original) return false
  const isOpen =
    base.verifierHash === original.verifierHash ||
    (presented !== undefined && acceptsToken(base, hashToken(presented), settings.clock.now()))
  return !isOpen || (base.userId !== original.userId && operations.some((operation) => operation.isLogin))
}

/** User and details need no comparison: only a login changes them, and it always rotates. */
function isUnchanged(draft: Draft, data: string, base: SessionRecord): boolean {
  return !draft.isRotated && data === base.data
}

/**
 * The names that both this request and another one have set, to different values.
 *
 * @throws {@link SessionConflictError} `overwritten` under `strict`, if there is one.
 */
function findOverwritten(
  { settings, operations }: Save,
  original: SessionRecord,
  base: SessionRecord,
  draft: Draft,
): string[] {
  if (base === original) return []
  const before = readDocument(original)
  const now = readDocument(base)
  const names = operations.flatMap(({ replaces: name }) => {
    const found = name === undefined ? undefined : now.get(name)?.text
    const isOurs = name === undefined || found === draft.values.get(name)?.text
    return isOurs || found === before.get(name)?.text ? [] : [name]
  })
  if (settings.strict && names[0] !== undefined) {
    throw new SessionConflictError('overwritten', `another request has set '${names[0]}' meanwhile`)
  }
  return [...new Set(names)]
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

/**
 * Reports a commit that was applied as `sent`, and returns its result. A commit whose answer was lost may have been
 * followed by another rotation: then our token must not be sent, nor the other request's data shown.
 */
function concludeCommit(
  { emit }: ManagerSettings,
  draft: Draft,
  sent: SessionRecord,
  current: SessionRecord,
): CommitResult {
  const { handle } = sent
  if (draft.hasLoggedIn) emit({ type: 'login', handle })
  else if (draft.isRotated) emit({ type: 'rotated', handle })
  const isOurs = current.verifierHash === sent.verifierHash
  return { record: isOurs ? current : sent, isRotated: draft.isRotated && isOurs }
}
