// Exactly once. A commit whose answer is lost may have happened or not, and sending it again
// blindly could buy twice. Each carries a random id that stays on the record; reading the record
// tells. Three outcomes are certain (applied, not applied, overtaken) and one is not: more than 16
// commits later the id may have been dropped, and the caller hears `outcome-unknown` in the place
// of a guess.

import { SessionConflictError, SessionStoreError } from '../../errors.ts'
import { changeRecord, expectationOf, isExpected, rememberedCommits } from '../../record.ts'
import type { RecordChange, SessionRecord } from '../../store.ts'
import type { StoreAccess } from './store-access.ts'
import type { ManagerSettings } from '../resolve-options.ts'

/** How often the same commit is sent while its answers get lost. */
const attempts = 8

/** What became of a commit: applied, or not, with the record as it is now (`undefined`: gone). */
export interface CommitOutcome {
  /** Whether the record carries the commit. */
  readonly isApplied: boolean
  /** The record as it is now; `undefined` when it is gone. */
  readonly current: SessionRecord | undefined
}

/**
 * Sends one commit and finds out whether it happened, exactly once even when the answer is lost: the
 * commit id says whether the record carries it. What is still unapplied is sent again as it was; what
 * has been overtaken never can be applied any more, because its version is gone.
 *
 * @throws {@link SessionStoreError} when the store answers neither the commit nor the question after
 * it.
 * @throws {@link SessionConflictError} `outcome-unknown`.
 */
export async function sendCommit(
  settings: ManagerSettings,
  base: SessionRecord,
  change: RecordChange,
  access: StoreAccess,
): Promise<CommitOutcome> {
  const commitId = change.commitIds[0] as string
  for (let attempt = 1; ; attempt += 1) {
    const answer = await trySend(settings, base, change, access)
    if (answer === true) return { isApplied: true, current: changeRecord(base, change) }
    // Before the read and not after it: what is read must be young when it is committed.
    if (answer === false) await access.backOff()
    const current = await readBack(base.key, answer, access)
    if (current?.commitIds.includes(commitId)) return { isApplied: true, current }
    if (answer === false || !current) return { isApplied: false, current }
    const isUntouched = isExpected(current, expectationOf(base))
    if (!isUntouched && current.version - base.version <= rememberedCommits)
      return { isApplied: false, current }
    if (!isUntouched)
      throw new SessionConflictError('outcome-unknown', 'whether the session was saved cannot be told', {
        cause: answer,
      })
    if (attempt === attempts) throw answer
  }
}

/** When nothing can be read either, the commit's own trouble is the one to tell. */
async function readBack(
  key: string,
  answer: boolean | Error,
  access: StoreAccess,
): Promise<SessionRecord | undefined> {
  try {
    return await access.readUncached(key)
  } catch (error) {
    throw answer instanceof Error ? answer : error
  }
}

/** One attempt: what the store answered, or the error in the place of an answer. */
async function trySend(
  settings: ManagerSettings,
  base: SessionRecord,
  change: RecordChange,
  access: StoreAccess,
): Promise<boolean | Error> {
  const { store, clock } = settings
  const expected = expectationOf(base)
  try {
    const answer = await access.call('commit', () => store.commit(base.key, expected, change, clock.now()))
    if (typeof answer === 'boolean') return answer
    return new SessionStoreError('commit', `the store answered 'commit' with neither true nor false`)
  } catch (error) {
    return error as Error
  }
}
