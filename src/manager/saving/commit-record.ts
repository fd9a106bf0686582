// No lost writes. What a request recorded are operations, not a result; so when another request
// came first, they are replayed on what it left, and both changes stand. Before that, three
// questions decide whether they may be: is the session still there, is this request's token still a
// token of it, and is a login not about to be replayed on somebody else's session. See
// docs/architecture.md for one conflict step by step.

import { readDocument, writeDocument } from '../../codec/document.ts'
import { SessionConflictError } from '../../errors.ts'
import { hashToken } from '../../id/token-hash-cache.ts'
import { changeRecord } from '../../record.ts'
import type { Draft } from '../../session/draft.ts'
import type { SessionRecord } from '../../store.ts'
import { createChange } from './create-change.ts'
import { acceptsToken } from '../load.ts'
import type { CommitResult, Save } from './save.ts'
import { sendCommit } from './send-commit.ts'

// More than any real crowd needs: the queue leaves only conflicts between processes, and each backs
// off.
const attempts = 8

/**
 * Replays the operations on the newest record and writes it if, and only if, it is still the version
 * that was read; otherwise reads again and starts over.
 *
 * @param original - The record that the request has read, and that its handler has seen.
 * @param previous - What the commit just before this one came to, of the same key in this process.
 * @throws {@link SessionConflictError} `busy` after eight attempts, `overwritten` under `strict`.
 */
export async function commitRecord(
  save: Save,
  original: SessionRecord,
  previous: CommitResult | undefined,
): Promise<CommitResult> {
  const { settings, state, access } = save
  let base = newerRecord(original, previous)
  let isFresh = false
  for (let attempt = 1; attempt <= attempts;) {
    if (isReplaced(save, original, base)) return { lost: 'replaced' }
    const draft = base === original ? save.draft : state.journal.replay(save.operations, base)
    const data = writeDocument(draft.values)
    let current: SessionRecord | undefined
    if (isUnchanged(draft, data, base)) {
      if (isFresh || !save.mustBeFresh) return { record: base, isRotated: false }
      current = await access.readUncached(base.key)
    } else {
      const overwritten = findOverwritten(save, original, base, draft)
      const change = createChange(settings, base, draft, data, save.token)
      const outcome = await sendCommit(settings, base, change, access)
      current = outcome.current
      if (outcome.isApplied && current) {
        return reportCommit(save, draft, changeRecord(base, change), current, overwritten, attempt)
      }
      attempt += 1
    }
    if (!current) return { lost: 'gone' }
    base = current
    isFresh = true
  }
  throw new SessionConflictError('busy', `the session changed under each of ${attempts} attempts to save it`)
}

/** What the commit just before this one, in this process, has left: it spares an attempt that must fail. */
function newerRecord(original: SessionRecord, previous: CommitResult | undefined): SessionRecord {
  const isNewer = previous && 'record' in previous && previous.record.version > original.version
  return isNewer ? previous.record : original
}

/**
 * A request whose token was replaced has no say any more, and a login is never replayed on the
 * session of somebody else.
 */
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

/** User and details change with a login only, which always replaces the token. */
function isUnchanged(draft: Draft, data: string, base: SessionRecord): boolean {
  return !draft.isRotated && data === base.data
}

/**
 * The names that both this request and another one have set to different values: the later wins, but
 * under `strict` it does not even win. @throws {@link SessionConflictError} then
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

/** Tells what happened, and what of the commit may reach the browser. */
function reportCommit(
  { settings }: Save,
  draft: Draft,
  sent: SessionRecord,
  current: SessionRecord,
  overwritten: readonly string[],
  attempts: number,
): CommitResult {
  const { emit } = settings
  const { handle } = sent
  if (attempts > 1) emit({ type: 'replayed', handle, attempts })
  for (const name of overwritten) emit({ type: 'overwritten', handle, name })
  if (draft.hasLoggedIn) emit({ type: 'login', handle })
  else if (draft.isRotated) emit({ type: 'rotated', handle })
  // A commit whose answer was lost may have been followed by another rotation: our token is not to be sent
  // any more, and what came after it is not ours to see.
  const isOurs = current.verifierHash === sent.verifierHash
  return { record: isOurs ? current : sent, isRotated: draft.isRotated && isOurs }
}
