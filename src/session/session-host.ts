// What `save`, `consume` and `transaction` need. An interface, because the manager is a layer above.

import type { SessionState } from './session-state.ts'
import type { SessionValues } from './session-values.ts'

/** What a {@link Session} needs from its manager. @internal */
export interface SessionHost {
  /** Saves the recorded operations. Rejects when the save fails. */
  save(state: SessionState): Promise<void>
  /** Runs and saves a transaction. Resolves to `undefined` when the session ended meanwhile. */
  transact<Result>(
    state: SessionState,
    run: (values: SessionValues<unknown>) => Result,
  ): Promise<{ result: Result } | undefined>
}
