import { SessionConflictError } from '../errors.ts'
import { changeRecord } from '../record.ts'
import type { RecordChange, SessionRecord } from '../store.ts'
import type { Budget } from './budget.ts'
import type { ManagerSettings } from './resolve-options.ts'

/** How many commits a record remembers: further on, nobody can tell whether one of them was ours. */
export const rememberedCommits = 16

/** How often the same commit is sent while its answers get lost. */
const attempts = 8

/** What became of a commit: applied, or not, with the record as it is now (`undefined`: gone). */
export interface CommitOutcome {
  readonly isApplied: boolean
  readonly current: SessionRecord | undefined
}

/**
 * Sends one commit and finds out whether it happened, exactly once even when the answer is lost:
 * the commit id says whether the record carries it. What is still unapplied is sent again as it
 * was; what has been overtaken never can be applied any more, because its version is gone.
 */
export async function sendCommit(
  settings: ManagerSettings,
  base: SessionRecord,
  change: RecordChange,
  budget: Budget,
): Promise<CommitOutcome> {
  const commitId = change.commitIds[0] as string
  for (let attempt = 1; ; attempt += 1) {
    const answer = await trySend(settings, base, change, budget)
    if (answer === true) return { isApplied: true, current: changeRecord(base, change) }
    const current = await budget.readUncached(base.key)
    if (current?.commitIds.includes(commitId)) return { isApplied: true, current }
    if (answer === false || !current) return { isApplied: false, current }
    const isUntouched = current.version === base.version && current.commitIds[0] === base.commitIds[0]
    if (!isUntouched && current.version - base.version <= rememberedCommits)
      return { isApplied: false, current }
    if (!isUntouched)
      throw new SessionConflictError('outcome-unknown', 'whether the session was saved cannot be told', {
        cause: answer,
      })
    if (attempt === attempts) throw answer
  }
}

async function trySend(
  settings: ManagerSettings,
  base: SessionRecord,
  change: RecordChange,
  budget: Budget,
): Promise<boolean | Error> {
  const { store, clock } = settings
  const expected = { version: base.version, commitId: base.commitIds[0] as string }
  try {
    return await budget.call('commit', () => store.commit(base.key, expected, change, clock.now()))
  } catch (error) {
    return error as Error
  }
}
