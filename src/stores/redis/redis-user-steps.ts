// A user may have a hundred thousand sessions: they are counted and deleted in steps. How, depends on where they are.

import type { UserIndex } from '../../contract/capabilities.ts'

/** What differs between one place and many slots. */
export interface UserSteps {
  /** How many live sessions a user has. */
  countByUser(owner: string, now: number): Promise<number>
  /**
   * Deletes a step of a user's sessions. A login that no step has found has either begun after the first one, or
   * will not be answered with success.
   */
  deleteStep(
    owner: string,
    step: Parameters<UserIndex['deleteByUser']>[1],
    now: number,
  ): Promise<Awaited<ReturnType<UserIndex['deleteByUser']>>>
}
