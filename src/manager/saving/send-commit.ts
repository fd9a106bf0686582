// Exactly once. A commit whose answer is lost may or may not have been applied, and sending it
// again blindly could apply it twice. Each commit carries a random id that stays on the record, so
// reading the record tells: applied, not applied, or overtaken by another commit. Only the last 16
// ids are kept; when more commits have come since, the caller gets `outcome-unknown`.

import { SessionConflictError } from '../../contract/errors.ts'
import { changeRecord, expectationOf, isExpected, rememberedCommits } from '../../contract/record.ts'
import type { RecordChange, SessionRecord } from '../../contract/store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { StoreAccess } from './store-access.ts'

/** How often the same commit is sent while its answers are lost. */
const maxSendAttempts = 8

/** Whether the record carries the commit, and the record as it is now; `undefined` when it is gone. */
export type CommitOutcome =
  | { readonly isApplied: true; readonly current: SessionRecord }
  | { readonly isApplied: false; readonly current: SessionRecord | undefined }

/**
 * Sends one commit, and finds out whether it was applied even when the answer is lost. While the record
 * is unchanged, the same commit is sent again. Once another commit has been applied this one never can
 * be, because the version it expects is gone.
 *
 * @throws {@link SessionStoreError} when neither the commit nor the read after it is answered.
 * @throws {@link SessionConflictError} `outcome-unknown`.
 */
export async function sendCommit(
  { store, clock }: ManagerSettings,
  base: SessionRecord,
  change: RecordChange,
  isLogin: boolean,
  access: StoreAccess,
): Promise<CommitOutcome> {
  const limit = isLogin ? access.sessionLimit : undefined
  const commitId = change.commitIds[0] as string
  const expected = expectationOf(base)
  for (let attempt = 1; ; attempt += 1) {
    const answer = await access.write('commit', () =>
      store.commit(base.key, expected, change, clock.now(), limit),
    )
    if (answer === true) return { isApplied: true, current: changeRecord(base, change) }
    // Before the read and not after it, so that the record that is read is fresh when it is committed.
    if (answer === false) await access.backOff()
    const current = await access.readBack(base.key, answer)
    if (current?.commitIds.includes(commitId)) return { isApplied: true, current }
    if (answer === false || !current) return { isApplied: false, current }
    const isUnchanged = isExpected(current, expected)
    if (!isUnchanged) {
      if (current.version - base.version <= rememberedCommits) return { isApplied: false, current }
      throw new SessionConflictError(
        'outcome-unknown',
        'whether the session was saved cannot be determined',
        {
          cause: answer,
        },
      )
    }
    if (attempt === maxSendAttempts) throw answer
  }
}
