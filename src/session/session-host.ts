// What `save`, `consume` and `transaction` need. An interface, because the manager is a layer above.

import type { Operation } from './operations.ts'
import type { SessionState } from './session-state.ts'
import type { SessionValues } from './session-values.ts'

/** What a {@link Session} needs from its manager. @internal */
export interface SessionHost {
  /** Saves the recorded operations. Rejects when the save fails; `false` when the changes were dropped. */
  save(state: SessionState): Promise<boolean>
  /** Runs and saves a transaction. Resolves to `undefined` when the session ended meanwhile and that is no error. */
  transact<Result>(
    state: SessionState,
    run: (values: SessionValues<unknown>) => Result,
    kind?: Pick<Operation, 'isTake'>,
  ): Promise<{ result: Result } | undefined>
}
